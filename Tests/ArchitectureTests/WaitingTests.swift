import Testing

/// A test waits for what it waits for, not for a time that is long enough on somebody's machine.
@Suite struct WaitingTests {
    /// A pause is a part of a loop that looks again, or says in a comment above why there is nothing to look at.
    @Test func aPauseIsPartOfALoopOrSaysWhy() throws {
        for file in try SourceFile.all(below: "Tests") where !file.path.hasPrefix("Tests/ArchitectureTests/") {
            for line in Self.fixedPauses(in: file) {
                Issue.record(
                    "\(file.path):\(line + 1): `\(file.words(line))`: wait for what is to happen, or say why it cannot be seen")
            }
        }
    }

    @Test func aFixedPauseIsFound() {
        let text = """
            while !isDone { usleep(5) }
            usleep(300_000)
            for _ in 0..<10 {
                if isDone { return }
                Thread.sleep(forTimeInterval: 0.1)
            }
            // Nothing is to happen.
            usleep(5)
            Thread.sleep(forTimeInterval: 1)
            """
        #expect(Self.fixedPauses(in: SourceFile(path: "a", text: text)).map { $0 + 1 } == [2, 9])
    }

    static func fixedPauses(in file: SourceFile) -> [Int] {
        file.lines.indices.filter { line in
            let text = file.lines[line]
            let isPause = ["usleep(", "sleep(forTimeInterval:", "Task.sleep("].contains(where: text.contains)
            guard isPause, !file.isComment(line) else { return false }
            if file.isComment(line - 1) || file.lines[line].contains(#/\b(?:while|for _ in|repeat)\b/#) { return false }
            // The nearest line that is indented less opens the block that the pause is in.
            var above = line
            var depth = file.indentation(line)
            while above > 0, depth > 0 {
                above -= 1
                guard !file.words(above).isEmpty, file.indentation(above) < depth else { continue }
                depth = file.indentation(above)
                if file.lines[above].contains(#/\b(?:while|for _ in|repeat|eventually)\b/#) { return false }
                if file.lines[above].contains(#/\bfunc\b/#) { return true }
            }
            return true
        }
    }
}
