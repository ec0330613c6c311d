import ContainerRuntime
import OCISpec
import Reports
import StorageIO

extension RuntimeProgram {
    /// The runtime that the environment asks for, else the first one there is.
    static func find() throws(RuntimeError) -> RuntimeProgram {
        let wanted: String?
        do throws(CommandError) { wanted = try Environment.value("STRATA_RUNTIME") } catch {
            throw .noRuntime(wanted: Environment.bytes("STRATA_RUNTIME").map(PathText.display))
        }
        // A folder whose name is not UTF-8 is passed over.
        return try find(wanted, searchPath: Environment.bytes("PATH")?.messageText)
    }
}
