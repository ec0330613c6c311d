import OCISpec
import Reports
import TestSupport
import Testing

/// Paths in a unit are read back as systemd reads them.
@Suite struct TimerUnitTextTests {
    /// systemd.syntax(7) for one line: words in double quotes with escapes, `%%` and `$$` for one of each.
    private static func words(_ line: String) -> [String] {
        var (words, word, isQuoted, isInWord) = ([String](), String.UnicodeScalarView(), false, false)
        var letters = Array(line.unicodeScalars)[...]
        while let letter = letters.popFirst() {
            switch letter {
            case "\"" where isQuoted || !isInWord: (isQuoted, isInWord) = (!isQuoted, true)
            case "\\" where isQuoted: if let next = letters.popFirst() { word.append(next) }
            case "%", "$":
                if letters.first == letter { letters.removeFirst() }
                word.append(letter)
                isInWord = true
            case " " where !isQuoted:
                if isInWord { words.append(String(word)) }
                (word, isInWord) = (String.UnicodeScalarView(), false)
            default:
                word.append(letter)
                isInWord = true
            }
        }
        return isInWord ? words + [String(word)] : words
    }

    @Test(arguments: 0..<40) func whatIsWrittenIsReadBack(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        let letters: [Unicode.Scalar] = [
            "a", "\"", "\\", "%", "$", "'", " ", ";", "\u{301}", "\u{200D}", "é", "日", "\u{A0}", "\u{37E}",
        ]
        for _ in 0..<50 {
            var path = String.UnicodeScalarView("/".unicodeScalars)
            for _ in 0..<random.number(1...8) { path.append(random.one(of: letters)) }
            let store = String(path)
            let job = TimerUnits.Job(program: "/bin/strata", policy: store, .store(store, isDefault: false), isUsers: true)
            let units = try TimerUnits(job, calendar: "daily")
            let line = try #require(
                units.service.unicodeScalars.split(separator: "\n").first { $0.starts(with: "ExecStart=".unicodeScalars) })
            let found = Self.words(String(line.dropFirst("ExecStart=".count)))
            #expect(
                found.count == 11 && found[5].utf8.elementsEqual(store.utf8) && found[7].utf8.elementsEqual(store.utf8),
                "\(found) from \(store)")
            #expect(units.isAboutSameSubject(units.service))
        }
    }
}
