/// Bytes that go together with something, by the two rulers that budgets have.
package struct FreedBytes: Hashable, Sendable {
    /// What the file system gets back: nothing of a file that has a name elsewhere.
    package var fileSystem: Int64
    /// By how much the store's directory shrinks: all of a file that has no other name in it.
    package var store: Int64

    /// By which of the two something is measured.
    enum Ruler: Sendable {
        case fileSystem, store
    }

    /// The bytes by one ruler.
    subscript(ruler: Ruler) -> Int64 { ruler == .store ? store : fileSystem }

    /// Bytes by either ruler; by default none.
    package init(fileSystem: Int64 = 0, store: Int64 = 0) {
        self.fileSystem = fileSystem
        self.store = store
    }

    /// Adds by either ruler.
    package static func + (left: Self, right: Self) -> Self {
        Self(fileSystem: left.fileSystem + right.fileSystem, store: left.store + right.store)
    }

    /// Subtracts by either ruler.
    package static func - (left: Self, right: Self) -> Self {
        Self(fileSystem: left.fileSystem - right.fileSystem, store: left.store - right.store)
    }

    /// Adds by either ruler.
    package static func += (left: inout Self, right: Self) { left = left + right }
}
