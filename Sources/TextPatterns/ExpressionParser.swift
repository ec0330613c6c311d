// https://pkg.go.dev/regexp/syntax

/// Reads a regular expression: alternatives, sequences, repetitions, groups and their flags.
struct ExpressionParser {
    /// What `(?ims)` switches, to the end of the group it stands in.
    struct Flags {
        var ignoresCase = false
        var hasLines = false
        var dotIsNewline = false
    }

    var letters: [Unicode.Scalar]
    /// The next letter to read.
    var place = 0
    var flags = Flags()
    private(set) var groupCount = 0
    private(set) var groupNumbers: [String: Int] = [:]
    private var depth = 0

    /// A parser of one expression.
    init(_ text: String) { letters = Array(text.unicodeScalars) }

    /// The whole expression.
    mutating func parse() throws(RegularExpressionError) -> ExpressionNode {
        guard letters.count <= RegularExpressionError.maxLength else { throw error(.tooLarge) }
        let node = try choice()
        guard next == nil else { throw error(.unopened) }
        return node
    }

    /// The next letter.
    var next: Unicode.Scalar? { place < letters.count ? letters[place] : nil }

    /// Whether these letters come next.
    func isNext(_ text: String) -> Bool { letters[place...].starts(with: text.unicodeScalars) }

    /// Goes over these letters, if they come next.
    mutating func take(_ text: String) -> Bool {
        guard isNext(text) else { return false }
        place += text.unicodeScalars.count
        return true
    }

    /// A fault at the letter that comes next, or at `start`.
    func error(_ problem: RegularExpressionError.Problem, at start: Int? = nil) -> RegularExpressionError {
        RegularExpressionError(problem, column: (start ?? place) + 1)
    }

    private mutating func choice() throws(RegularExpressionError) -> ExpressionNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> ExpressionNode {
        var parts: [ExpressionNode] = []
        while let letter = next, letter != "|", letter != ")" {
            let start = place
            let (part, isRepeatable) = try atom()
            parts.append(try repeated(part, isRepeatable, from: start))
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// A part and whether it may be repeated: what takes no letter may not.
    private mutating func atom() throws(RegularExpressionError) -> (ExpressionNode, isRepeatable: Bool) {
        let start = place
        guard let letter = next else { return (.empty, false) }
        if "*+?".unicodeScalars.contains(letter) { throw error(.nothingToRepeat(String(letter))) }
        if letter == "(" { return try group() }
        if letter == "{", try repetition() != nil { throw error(.nothingToRepeat("{"), at: start) }
        place += 1
        switch letter {
        case "^": return (.assertion(flags.hasLines ? .lineStart : .textStart), false)
        case "$": return (.assertion(flags.hasLines ? .lineEnd : .textEnd), false)
        case ".": return (.letter(flags.dotIsNewline ? ScalarSet(.any) : ScalarSet(.newline, isNegated: true)), true)
        case "[": return (.letter(try set(from: start)), true)
        case "\\": return try escape(from: start)
        default: return (.letter(ScalarSet(letter, ignoresCase: flags.ignoresCase)), true)
        }
    }

    // MARK: Repetitions

    private mutating func repeated(
        _ part: ExpressionNode, _ isRepeatable: Bool, from start: Int
    ) throws(RegularExpressionError) -> ExpressionNode {
        let sign = place
        guard let bounds = try repetition() else { return part }
        guard isRepeatable else { throw error(.nothingToRepeat(text(from: start))) }
        let isLazy = take("?")
        if next == "+" { throw error(.unsupported("\(text(from: sign))+")) }
        let second = place
        if try repetition() != nil { throw error(.nothingToRepeat(text(from: sign)), at: second) }
        return .repetition(part, min: bounds.min, max: bounds.max, isLazy: isLazy)
    }

    /// The bounds of the repetition that comes next, which is read; nil where there is none.
    private mutating func repetition() throws(RegularExpressionError) -> (min: Int, max: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard next == "{", let end = letters[place...].firstIndex(of: "}") else { return nil }
        let inner = String(String.UnicodeScalarView(letters[(place + 1)..<end]))
        // Braces around anything else are letters.
        guard !inner.isEmpty, inner.utf8.allSatisfy({ "0123456789, ".utf8.contains($0) }) else { return nil }
        let whole = "{\(inner)}"
        let bounds = inner.split(separator: ",", omittingEmptySubsequences: false)
        // Some programs take `{,3}` and blanks for bounds, others for letters.
        guard bounds.count <= 2, !bounds[0].isEmpty, !inner.contains(" ") else { throw error(.ambiguous(whole)) }
        let min = Int(bounds[0]) ?? .max
        let max = bounds.count == 1 ? min : bounds[1].isEmpty ? nil : Int(bounds[1]) ?? .max
        guard min <= max ?? min, max ?? min <= RegularExpressionError.maxRepetitions else { throw error(.badBounds(whole)) }
        place = end + 1
        return (min, max)
    }

    // MARK: Groups

    private mutating func group() throws(RegularExpressionError) -> (ExpressionNode, isRepeatable: Bool) {
        let start = place
        let outer = flags
        place += 1
        var number: Int?
        if take("?") {
            if take("P<") || (isNext("<") && !isNext("<=") && !isNext("<!") && take("<")) {
                number = try named(from: start)
            } else if try !readFlags(from: start) {
                return (.empty, false)
            }
        } else {
            groupCount += 1
            number = groupCount
        }
        depth += 1
        guard depth <= RegularExpressionError.maxDepth else { throw error(.tooLarge, at: start) }
        let inner = try choice()
        guard take(")") else { throw error(.unclosed("("), at: start) }
        depth -= 1
        flags = outer
        return (number.map { .group($0, inner) } ?? inner, true)
    }

    /// The number of the group whose name comes next.
    private mutating func named(from start: Int) throws(RegularExpressionError) -> Int {
        let end = letters[place...].firstIndex(of: ">") ?? letters.count
        let name = String(String.UnicodeScalarView(letters[place..<end]))
        let isWord = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        }
        guard end < letters.count, isWord, !name.isEmpty, groupNumbers[name] == nil else {
            throw error(.badGroupName(name), at: start)
        }
        place = end + 1
        groupCount += 1
        groupNumbers[name] = groupCount
        return groupCount
    }

    /// Reads the flags of `(?i:…)`; false for `(?i)`, which is no group but holds to the end of the one it stands in.
    private mutating func readFlags(from start: Int) throws(RegularExpressionError) -> Bool {
        var read = flags
        var isOn = true
        while let letter = next {
            place += 1
            switch letter {
            case "i": read.ignoresCase = isOn
            case "m": read.hasLines = isOn
            case "s": read.dotIsNewline = isOn
            case "-" where isOn: isOn = false
            case ":", ")":
                flags = read
                return letter == ":"
            default: throw error(.unsupported(text(from: start)), at: start)
            }
        }
        throw error(.unclosed("("), at: start)
    }

    /// What was read since `start`.
    func text(from start: Int) -> String { String(String.UnicodeScalarView(letters[start..<place])) }
}
