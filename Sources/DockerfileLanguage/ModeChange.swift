// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/chmod.html

/// What `--chmod` asks for: a number, or changes such as `u=rwX,go-w`.
package struct ModeChange: Hashable, Sendable {
    private enum Source: Hashable, Sendable {
        case number(UInt16)
        case clauses([Clause])
    }

    /// One change: who, how, and which bits.
    fileprivate struct Clause: Hashable, Sendable {
        enum Operation: Hashable, Sendable { case add, remove, set }

        /// Classes as bits: 4 the user, 2 the group, 1 the others.
        var classes: UInt16
        var operation: Operation
        /// `r`, `w` and `x` as 4, 2 and 1.
        var permissions: UInt16 = 0
        /// `X`: execution for directories, and for files that somebody may execute.
        var hasConditionalExecution = false
        /// `s`: setuid for the user, setgid for the group.
        var setsID = false
        /// `t`: counts for the others.
        var isSticky = false
        /// `u`, `g` or `o`: the bits that this class has.
        var copied: Int?
    }

    private let source: Source

    /// A change as text; nil for what is none.
    package init?(_ text: String) {
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }), !text.isEmpty {
            guard let mode = UInt16(text, radix: 8), mode <= 0o7777 else { return nil }
            source = .number(mode)
            return
        }
        var clauses: [Clause] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let found = Self.clauses(part) else { return nil }
            clauses += found
        }
        source = .clauses(clauses)
    }

    private static func clauses(_ text: Substring) -> [Clause]? {
        var rest = text
        var classes: UInt16 = 0
        while let letter = rest.first, let bits = classBits[letter] {
            classes |= bits
            rest = rest.dropFirst()
        }
        var found: [Clause] = []
        while let sign = rest.first {
            guard let operation: Clause.Operation = sign == "+" ? .add : sign == "-" ? .remove : sign == "=" ? .set : nil else {
                return nil
            }
            rest = rest.dropFirst()
            // No mask of a process stands between: nobody named is everybody.
            var clause = Clause(classes: classes == 0 ? 7 : classes, operation: operation)
            if let letter = rest.first, let place = "ugo".firstIndex(of: letter) {
                clause.copied = "ugo".distance(from: "ugo".startIndex, to: place)
                rest = rest.dropFirst()
            } else {
                while let letter = rest.first, clause.take(letter) { rest = rest.dropFirst() }
            }
            found.append(clause)
        }
        return found.isEmpty ? nil : found
    }

    private static let classBits: [Character: UInt16] = ["u": 4, "g": 2, "o": 1, "a": 7]

    /// The mode that comes of `mode` (permission bits with setuid, setgid and sticky).
    package func applied(to mode: UInt16, isDirectory: Bool) -> UInt16 {
        switch source {
        case .number(let number): number
        case .clauses(let clauses): clauses.reduce(mode) { $1.applied(to: $0, isDirectory: isDirectory) }
        }
    }
}

extension ModeChange.Clause {
    fileprivate mutating func take(_ letter: Character) -> Bool {
        switch letter {
        case "r": permissions |= 4
        case "w": permissions |= 2
        case "x": permissions |= 1
        case "X": hasConditionalExecution = true
        case "s": setsID = true
        case "t": isSticky = true
        default: return false
        }
        return true
    }

    fileprivate func applied(to mode: UInt16, isDirectory: Bool) -> UInt16 {
        var bits: UInt16 = 0
        var all: UInt16 = 0
        for (place, shift) in [(4, 6), (2, 3), (1, 0)] as [(UInt16, UInt16)] where classes & place != 0 {
            all |= 7 << shift
            bits |= permissions(mode, isDirectory: isDirectory) << shift
        }
        if setsID, classes & 4 != 0 { bits |= 0o4000 }
        if setsID, classes & 2 != 0 { bits |= 0o2000 }
        // The sticky bit is the others' own, as in GNU's chmod.
        if isSticky, classes & 1 != 0 { bits |= 0o1000 }
        switch operation {
        case .add: return mode | bits
        case .remove: return mode & ~bits
        case .set:
            // A directory keeps its set-ID bits unless they are named.
            var cleared = all
            if classes & 4 != 0, !isDirectory { cleared |= 0o4000 }
            if classes & 2 != 0, !isDirectory { cleared |= 0o2000 }
            if classes & 1 != 0 { cleared |= 0o1000 }
            return mode & ~cleared | bits
        }
    }

    private func permissions(_ mode: UInt16, isDirectory: Bool) -> UInt16 {
        if let copied { return mode >> (6 - 3 * UInt16(copied)) & 7 }
        let executes = hasConditionalExecution && (isDirectory || mode & 0o111 != 0)
        return permissions | (executes ? 1 : 0)
    }
}
