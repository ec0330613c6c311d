// https://pkg.go.dev/regexp/syntax
// https://swtch.com/~rsc/regexp/regexp2.html

/// A regular expression whose matching takes time linear in the text.
///
/// Names of images come from others, patterns from the administrator: no name may make a pattern run for ever. So nothing is
/// tried and taken back; all ways to go on are followed at once, one step a letter (`ExpressionMachine`). What would need more,
/// references to groups and looks around, is refused. The syntax is the part of Go's that `RegularExpressionError` does not
/// name; letters are Unicode scalars, and `\d`, `\w` and `\s` know all of Unicode.
package struct RegularExpression: Hashable, Sendable {
    /// A match: scalars of the text, counted from its beginning.
    package struct Match: Hashable, Sendable {
        /// All of it, then each group; nil for a group that took no part.
        package var ranges: [Range<Int>?]
        /// All of it.
        package var range: Range<Int>
    }

    /// As it was written.
    package let text: String
    private let program: ExpressionProgram

    /// The numbers of the groups that have names.
    package var groupNumbers: [String: Int] { program.groupNumbers }

    /// Compiles an expression; one that is malformed, unsupported or too large is an error.
    package init(_ text: String) throws(RegularExpressionError) {
        self.text = text
        program = try ExpressionProgram(compiling: text)
    }

    /// Whether some part of `text` matches.
    package func matches(_ text: String) -> Bool {
        var machine = ExpressionMachine(program, Array(text.unicodeScalars), remembersPlaces: false)
        return machine.match(from: 0) != nil
    }

    /// The matches in `scalars`, leftmost first and none within another, as Go's `FindAll` has them.
    ///
    /// Of several at one place the one that comes first by the order of alternatives counts, as with a matcher that backtracks.
    package func matches(in scalars: [Unicode.Scalar]) -> [Match] {
        var matches: [Match] = []
        var (place, previousEnd) = (0, -1)
        while place <= scalars.count {
            var machine = ExpressionMachine(program, scalars, remembersPlaces: true)
            guard let places = machine.match(from: place) else { break }
            let match = Match(places)
            // Nothing is no match right behind one.
            if !match.range.isEmpty || match.range.lowerBound != previousEnd { matches.append(match) }
            previousEnd = match.range.upperBound
            place = match.range.upperBound == place ? place + 1 : match.range.upperBound
        }
        return matches
    }

    /// Expressions are equal when they are written alike.
    package static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.text == right.text }

    /// Hashes what is compared.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension RegularExpression.Match {
    /// From the places of beginnings and ends, −1 for none.
    fileprivate init(_ places: [Int]) {
        ranges = stride(from: 0, to: places.count, by: 2).map { number in
            places[number] < 0 || places[number + 1] < 0 ? nil : places[number]..<places[number + 1]
        }
        range = places[0]..<places[1]
    }
}
