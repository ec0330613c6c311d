// https://swtch.com/~rsc/regexp/regexp2.html

/// Runs a program over a text, all ways at once.
///
/// A way is an instruction that waits for a letter. No instruction is in the list of ways twice, so a letter costs at most as many
/// steps as the program has instructions, and memory does not grow with the text. Ways stand in the order in which a matcher that
/// backtracks would try them, so the first that accepts is the one that it would find.
struct ExpressionMachine {
    private struct Way {
        var instruction: Int
        /// The places that it remembers, −1 for none; empty where nobody asks.
        var places: [Int]
    }

    /// What is left to follow before the next letter.
    private enum Pending {
        case follow(Int)
        case restore(slot: Int, place: Int)
    }

    private let program: ExpressionProgram
    private let text: [Unicode.Scalar]
    private let remembersPlaces: Bool
    /// For each instruction the last place of the text at which it was reached.
    private var reached: [Int]
    private var pending: [Pending] = []

    /// A machine; without `remembersPlaces` it ends at the first match and says no more than that there is one.
    init(_ program: ExpressionProgram, _ text: [Unicode.Scalar], remembersPlaces: Bool) {
        self.program = program
        self.text = text
        self.remembersPlaces = remembersPlaces
        reached = Array(repeating: -1, count: program.instructions.count)
    }

    /// The places of the leftmost match that begins at `start` or later; nil where there is none.
    ///
    /// To be called once.
    mutating func match(from start: Int) -> [Int]? {
        var found: [Int]?
        var ways: [Way] = []
        for place in start...text.count {
            // A match that begins later is never preferred.
            if found == nil { follow(0, at: place, Array(repeating: -1, count: remembersPlaces ? program.slotCount : 0), &ways) }
            var next: [Way] = []
            search: for way in ways {
                switch program.instructions[way.instruction] {
                case .letter(let set):
                    guard place < text.count, program.sets[set].contains(text[place]) else { continue }
                    follow(way.instruction + 1, at: place + 1, way.places, &next)
                case .accept:
                    if !remembersPlaces { return way.places }
                    found = way.places
                    // The ways behind this one are not preferred to it.
                    break search
                // They were followed when the way was added.
                case .assertion, .split, .jump, .remember: continue
                }
            }
            ways = next
            if ways.isEmpty, found != nil { break }
        }
        return found
    }

    /// Adds the instructions that wait for a letter or accept, and that can be reached from `instruction` without a letter.
    private mutating func follow(_ instruction: Int, at place: Int, _ places: [Int], _ ways: inout [Way]) {
        var places = places
        pending.append(.follow(instruction))
        while let step = pending.popLast() {
            switch step {
            case .restore(let slot, let old): places[slot] = old
            case .follow(let number):
                guard reached[number] != place else { continue }
                reached[number] = place
                switch program.instructions[number] {
                case .letter, .accept: ways.append(Way(instruction: number, places: places))
                case .jump(let target): pending.append(.follow(target))
                case .split(let first, let second): pending += [.follow(second), .follow(first)]
                case .assertion(let assertion):
                    if holds(assertion, at: place) { pending.append(.follow(number + 1)) }
                case .remember(let slot):
                    if remembersPlaces {
                        pending.append(.restore(slot: slot, place: places[slot]))
                        places[slot] = place
                    }
                    pending.append(.follow(number + 1))
                }
            }
        }
    }

    private func holds(_ assertion: ExpressionNode.Assertion, at place: Int) -> Bool {
        func isBefore(_ kind: ScalarSet.Kind) -> Bool { place > 0 && kind.holds(text[place - 1]) }
        func isBehind(_ kind: ScalarSet.Kind) -> Bool { place < text.count && kind.holds(text[place]) }
        return switch assertion {
        case .textStart: place == 0
        case .textEnd: place == text.count
        case .lineStart: place == 0 || isBefore(.newline)
        case .lineEnd: place == text.count || isBehind(.newline)
        case .wordBoundary: isBefore(.word) != isBehind(.word)
        }
    }
}
