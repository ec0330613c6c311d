// https://docs.docker.com/build/concepts/context/#dockerignore-files

/// Why a pattern of an ignore file means nothing.
package enum IgnorePatternError: Error, Hashable, Sendable {
    /// `!` with nothing behind it.
    case loneExclamationMark
    /// Brackets or escapes that are not closed.
    case malformed(String)
}

/// The patterns of a `.dockerignore`, in order: each may exclude a path or, with `!`, take it back in.
package struct IgnorePatterns: Hashable, Sendable {
    private let rules: [Rule]

    private struct Rule: Hashable, Sendable {
        var isException: Bool
        var pattern: IgnorePattern
    }

    /// The patterns that the text of an ignore file says: comments, blanks and a byte-order mark left out, paths tidied.
    package static func lines(of text: String) -> [String] {
        let letters = text.unicodeScalars
        return (letters.first == "\u{FEFF}" ? letters.dropFirst() : letters[...]).split(separator: "\n").compactMap { line in
            guard line.first != "#" else { return nil }
            var pattern = DockerfileParser.trimmed(Substring(line))
            guard !pattern.isEmpty else { return nil }
            let isException = pattern.unicodeScalars.first == "!"
            if isException { pattern = DockerfileParser.trimmed(Substring(pattern.unicodeScalars.dropFirst())) }
            var clean = pattern.isEmpty ? "" : CleanPath.clean(String(pattern))
            if clean.utf8.count > 1, clean.utf8.first == UInt8(ascii: "/") { clean.unicodeScalars.removeFirst() }
            return (isException ? "!" : "") + clean
        }
    }

    /// Patterns as lines of an ignore file have them.
    package init(_ patterns: [String]) throws(IgnorePatternError) {
        var rules: [Rule] = []
        for text in patterns {
            var pattern = String(DockerfileParser.trimmed(text[...]))
            guard !pattern.isEmpty else { continue }
            pattern = CleanPath.clean(pattern)
            let isException = pattern.unicodeScalars.first == "!"
            if isException { pattern.unicodeScalars.removeFirst() }
            guard !pattern.isEmpty else { throw .loneExclamationMark }
            rules.append(Rule(isException: isException, pattern: try IgnorePattern(pattern)))
        }
        self.rules = rules
    }

    /// Whether `path` (no leading slash) is excluded: by itself, or with a directory above it.
    package func excludes(_ path: String) -> Bool {
        let path = CleanPath.clean(path)
        // By scalars: a slash with an accent behind it is no `Character` of its own.
        let parts = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        var isExcluded = false
        for rule in rules where rule.isException == isExcluded {
            let isMeant = parts.indices.contains { rule.pattern.matches(parts[...$0].joined(separator: "/")) }
            if isMeant { isExcluded = !rule.isException }
        }
        return isExcluded
    }

    /// Whether something below an excluded directory could be taken back in, so that it must be looked into.
    package var hasExceptions: Bool { rules.contains { $0.isException } }
}

/// One pattern of an ignore file.
struct IgnorePattern: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case letter(Unicode.Scalar)
        /// `*`
        case anyInName
        /// `?`
        case one
        /// `**/`: any number of directories.
        case directories
        /// `**` at the end.
        case rest
        /// `[a-z]`
        case member([ClosedRange<UInt32>], isNegated: Bool)
    }

    private var parts: [Part] = []
    /// `**` at the beginning and nothing but letters behind: what ends so matches, whatever stands before.
    private var suffix: [Unicode.Scalar]?

    init(_ text: String) throws(IgnorePatternError) {
        let letters = Array(text.unicodeScalars)
        var at = 0
        while at < letters.count {
            switch letters[at] {
            case "*":
                at += 1
                guard at < letters.count, letters[at] == "*" else {
                    parts.append(.anyInName)
                    continue
                }
                at += 1
                if at < letters.count, letters[at] == "/" { at += 1 }
                parts.append(at < letters.count ? .directories : .rest)
            case "?":
                parts.append(.one)
                at += 1
            case "[":
                let (part, end) = try Self.member(letters, from: at, text)
                parts.append(part)
                at = end
            case "\\":
                guard at + 1 < letters.count else { throw .malformed(text) }
                parts.append(.letter(letters[at + 1]))
                at += 2
            default:
                parts.append(.letter(letters[at]))
                at += 1
            }
        }
        if parts.first == .directories {
            let rest = parts.dropFirst().compactMap { part in if case .letter(let letter) = part { letter } else { nil } }
            // A slash behind the stars belongs to what must stand at the end.
            if rest.count == parts.count - 1, letters.count > 2 {
                suffix = letters[2] == "/" ? ["/"] + rest : rest
            }
        }
    }

    private static func member(
        _ letters: [Unicode.Scalar], from start: Int, _ text: String
    ) throws(IgnorePatternError) -> (Part, Int) {
        var at = start + 1
        let isNegated = at < letters.count && letters[at] == "^"
        if isNegated { at += 1 }
        var ranges: [ClosedRange<UInt32>] = []
        func letter() throws(IgnorePatternError) -> UInt32 {
            guard at < letters.count, letters[at] != "-", letters[at] != "]" else { throw .malformed(text) }
            if letters[at] == "\\" { at += 1 }
            guard at < letters.count else { throw .malformed(text) }
            defer { at += 1 }
            return letters[at].value
        }
        while at < letters.count {
            if letters[at] == "]", !ranges.isEmpty { return (.member(ranges, isNegated: isNegated), at + 1) }
            let low = try letter()
            var high = low
            if at < letters.count, letters[at] == "-" {
                at += 1
                high = try letter()
            }
            ranges.append(min(low, high)...max(low, high))
        }
        throw .malformed(text)
    }

    func matches(_ path: String) -> Bool {
        let letters = Array(path.unicodeScalars)
        if let suffix {
            return letters.suffix(suffix.count).elementsEqual(suffix)
                || (suffix.first == "/" && letters == Array(suffix.dropFirst()))
        }
        return fits(letters)
    }

    /// All ways to read the pattern at once, in steps that grow with the product of the lengths at most: paths may be others'.
    private func fits(_ letters: [Unicode.Scalar]) -> Bool {
        // `reached[n]` says that the first `n` parts fit what was read, `inside[n]` that part `n`, `**/`, is in the middle of a name.
        var reached = [Bool](repeating: false, count: parts.count + 1)
        var inside = reached
        reached[0] = true
        for letter in letters {
            skipStars(&reached)
            var (next, nextInside) = ([Bool](repeating: false, count: parts.count + 1), inside)
            for (number, part) in parts.enumerated() where reached[number] || inside[number] {
                switch part {
                case .rest: return true
                case .letter(let own): next[number + 1] = next[number + 1] || own == letter
                case .one: next[number + 1] = next[number + 1] || letter != "/"
                case .member(let ranges, let isNegated):
                    let isIn = ranges.contains { $0.contains(letter.value) }
                    next[number + 1] = next[number + 1] || isIn != isNegated
                case .anyInName: next[number] = next[number] || letter != "/"
                case .directories:
                    nextInside[number] = true
                    next[number + 1] = next[number + 1] || letter == "/"
                }
            }
            (reached, inside) = (next, nextInside)
        }
        skipStars(&reached)
        return reached[parts.count] || (parts.last == .rest && reached[parts.count - 1])
    }

    /// A star may stand for nothing.
    private func skipStars(_ reached: inout [Bool]) {
        for (number, part) in parts.enumerated() where reached[number] && (part == .anyInName || part == .directories) {
            reached[number + 1] = true
        }
    }
}

/// Paths without detours.
package enum CleanPath {
    /// The shortest equal path: no empty part, no `.`, `..` taken with what it leaves; `.` for nothing (Go's `path.Clean`).
    package static func clean(_ path: String) -> String {
        let isRooted = path.utf8.first == UInt8(ascii: "/")
        var parts: [String] = []
        for part in path.unicodeScalars.split(separator: "/").map({ String($0) }) where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part == "..", isRooted {
                continue
            } else {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        if isRooted { return "/" + joined }
        return joined.isEmpty ? "." : joined
    }
}
