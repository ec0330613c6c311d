import Explorer
import Operations
import Reports

extension Explore {
    /// The views of the store, or of the engine that was chosen.
    func hostView(_ workspace: Workspace) throws -> any ExplorerView {
        throw CommandError.nothingToExplore
    }
}
