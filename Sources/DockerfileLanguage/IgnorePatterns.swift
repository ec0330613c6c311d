// https://docs.docker.com/build/concepts/context/#dockerignore-files

import TextPatterns
import TextValues

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
        var pattern: Glob
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
            var clean = pattern.isEmpty ? "" : PathWalk.shortened(String(pattern))
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
            pattern = PathWalk.shortened(pattern)
            let isException = pattern.unicodeScalars.first == "!"
            if isException { pattern.unicodeScalars.removeFirst() }
            guard !pattern.isEmpty else { throw .loneExclamationMark }
            do throws(GlobError) {
                rules.append(Rule(isException: isException, pattern: try Glob(pattern.utf8, .ignoreFile)))
            } catch { throw .malformed(pattern) }
        }
        self.rules = rules
    }

    /// Whether `path` (no leading slash) is excluded: by itself, or with a directory above it.
    package func excludes(_ path: String) -> Bool {
        let path = Array(PathWalk.shortened(path).utf8)[...]
        var isExcluded = false
        for rule in rules where rule.isException == isExcluded && rule.pattern.matchesPathOrAbove(path) {
            isExcluded = !rule.isException
        }
        return isExcluded
    }

    /// Whether nothing is left: a name that nobody thought of is excluded, and none is taken back in.
    var excludesEverything: Bool { !hasExceptions && excludes("\u{1}") }

    /// Whether something below an excluded directory could be taken back in, so that it must be looked into.
    package var hasExceptions: Bool { rules.contains { $0.isException } }
}
