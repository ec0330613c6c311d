import Synchronization

/// How many more values of unknown fields one decoding may read.
///
/// A value takes some hundred bytes of memory, many times what it takes in the document.
final class UnknownValueBudget: Sendable {
    private let left: Mutex<Int>
    private let limit: Int

    /// Where a decoder keeps its budget.
    static let key = CodingUserInfoKey(rawValue: "unknownValueBudget")

    /// A budget of so many values.
    init(_ values: Int) {
        left = Mutex(values)
        limit = values
    }

    /// Counts one value; throws once the decoder's budget is spent.
    ///
    /// A decoder without a budget has no bound.
    static func spend(in decoder: any Decoder) throws {
        guard let key, let budget = decoder.userInfo[key] as? UnknownValueBudget else { return }
        let isSpent = budget.left.withLock { left in
            left -= 1
            return left < 0
        }
        if isSpent { throw DocumentError.tooManyValues(limit: budget.limit) }
    }
}
