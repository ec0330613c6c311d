import Foundation

/// The program that starts containers: crun, else runc.
package struct RuntimeProgram: Sendable {
    package let path: String
    private let isCrun: Bool

    /// The first one that the search path has; `name` asks for one.
    package static func find(_ name: String? = nil, searchPath: String?) throws(RuntimeError) -> RuntimeProgram {
        let folders = ((searchPath ?? "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
        for name in name.map({ [$0] }) ?? ["crun", "runc"] {
            let places = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
            if let path = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) {
                return RuntimeProgram(path: path, isCrun: path.hasSuffix("crun"))
            }
        }
        throw .noRuntime
    }

    /// The command that runs the bundle's container to its end; `state` is where the runtime notes what it does.
    package func runCommand(bundle: String, state: String, id: String) -> [String] {
        // No control group is made: what is in none can leave none behind.
        let general = isCrun ? ["--root", state, "--cgroup-manager=disabled"] : ["--root", state]
        return [path] + general + ["run", "--no-new-keyring", "--bundle", bundle, id]
    }
}
