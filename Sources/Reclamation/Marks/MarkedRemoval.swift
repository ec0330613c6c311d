/// What marked things come to, wherever they are: what these free together, what of them stays and why.
package protocol MarkedRemoval: Sendable {
    /// What can be marked there.
    associatedtype Mark: Hashable, Sendable
    /// Bytes that the file system gets back when all of them go.
    var freesBytes: Int64 { get }
    /// Of what is marked, what does not go.
    var left: [Mark: MarkRefusal] { get }

    /// What keeps one that is marked or not from going with the others; nil where nothing does.
    func refusal(of mark: Mark) -> MarkRefusal?
    /// What one adds given the others: what is freed with it less what is freed without it, whether it is marked or not.
    func addedBytes(by mark: Mark) -> Int64
    /// Of what the marked things need and what stays: who else keeps it, and how much; the most first.
    func keepings() -> [MarkKeeping]
}
