/// Memory that is left to the end of the process.
package enum LeftMemory {
    /// Leaves the memory of what an operation is done with to the end of the process, which gives it back at once: piece by piece
    /// that takes as long as to print what ten thousand images are.
    package static func keep(_ values: Any...) { _ = Unmanaged.passRetained(Left(values)) }

    /// What nobody needs any more, and nobody frees.
    private final class Left {
        private let values: [Any]

        init(_ values: [Any]) { self.values = values }
    }
}
