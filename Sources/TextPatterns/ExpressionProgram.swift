/// A regular expression as instructions for `ExpressionMachine`.
struct ExpressionProgram: Hashable, Sendable {
    enum Instruction: Hashable, Sendable {
        /// Goes on behind one letter of the set of this number.
        case letter(Int)
        case assertion(ExpressionNode.Assertion)
        /// Goes on at two places, of which the first is preferred.
        case split(Int, Int)
        case jump(Int)
        /// Remembers the place in a slot: two for each group, its beginning and its end.
        case remember(Int)
        case accept
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [ScalarSet] = []
    /// The numbers of the groups that have names.
    let groupNumbers: [String: Int]
    /// Two for the whole match, two for each group.
    let slotCount: Int

    /// Parses and compiles an expression.
    init(compiling text: String) throws(RegularExpressionError) {
        var parser = ExpressionParser(text)
        let node = try parser.parse()
        guard node.instructionCount < RegularExpressionError.maxInstructions else {
            throw RegularExpressionError(.tooLarge, column: 1)
        }
        groupNumbers = parser.groupNumbers
        slotCount = 2 * (parser.groupCount + 1)
        emit(.group(0, node))
        instructions.append(.accept)
    }

    private mutating func emit(_ node: ExpressionNode) {
        switch node {
        case .empty: break
        case .letter(let set):
            instructions.append(.letter(sets.count))
            sets.append(set)
        case .assertion(let assertion): instructions.append(.assertion(assertion))
        case .group(let number, let inner):
            instructions.append(.remember(2 * number))
            emit(inner)
            instructions.append(.remember(2 * number + 1))
        case .sequence(let parts): for part in parts { emit(part) }
        case .choice(let parts): emit(choice: parts)
        case .repetition(let inner, let min, let max, let isLazy):
            for _ in 0..<min { emit(inner) }
            if let max { emit(inner, atMost: max - min, isLazy) } else { emitLoop(inner, isLazy) }
        }
    }

    private mutating func emit(choice parts: [ExpressionNode]) {
        var jumps: [Int] = []
        for (number, part) in parts.enumerated() {
            guard number < parts.count - 1 else {
                emit(part)
                break
            }
            let split = reserve()
            emit(part)
            jumps.append(reserve())
            instructions[split] = .split(split + 1, instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func emitLoop(_ inner: ExpressionNode, _ isLazy: Bool) {
        let split = reserve()
        emit(inner)
        instructions.append(.jump(split))
        instructions[split] = fork(to: split + 1, or: instructions.count, isLazy)
    }

    private mutating func emit(_ inner: ExpressionNode, atMost count: Int, _ isLazy: Bool) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(reserve())
            emit(inner)
        }
        for split in splits { instructions[split] = fork(to: split + 1, or: instructions.count, isLazy) }
    }

    private func fork(to inner: Int, or end: Int, _ isLazy: Bool) -> Instruction {
        isLazy ? .split(end, inner) : .split(inner, end)
    }

    /// The place of an instruction that is known later.
    private mutating func reserve() -> Int {
        instructions.append(.accept)
        return instructions.count - 1
    }
}
