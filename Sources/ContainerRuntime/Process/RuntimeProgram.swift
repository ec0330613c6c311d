// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#operations

import FoundationEssentials

/// The program that starts containers: crun, else runc.
package struct RuntimeProgram: Sendable {
    /// Absolute.
    package let path: String
    let isCrun: Bool

    init(path: String) {
        self.path = path
        isCrun = path.hasSuffix("crun")
    }

    /// The first one that the search path has; `name` asks for one.
    package static func find(_ name: String? = nil, searchPath: String?) throws(RuntimeError) -> RuntimeProgram {
        let folders = ((searchPath ?? "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
        for name in name.map({ [$0] }) ?? ["crun", "runc"] {
            let places = name.contains("/") ? [name] : folders.map { "\($0)/\(name)" }
            if let path = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) {
                return RuntimeProgram(path: path)
            }
        }
        throw .noRuntime(wanted: name)
    }

    /// The command that runs the bundle's container to its end.
    ///
    /// Without a control group nothing of one can be left behind; runc makes one in any case.
    ///
    /// With `hasTerminal` it may hand the terminal over, see `handsOverTerminals`.
    package func run(_ bundle: Bundle, usesControlGroup: Bool, hasTerminal: Bool = false) -> [String] {
        general(bundle, usesControlGroup: usesControlGroup)
            + ["run", "--no-new-keyring", "--pid-file", bundle.pidPath, "--bundle", bundle.folder]
            + console(bundle, hasTerminal) + [bundle.id]
    }

    /// The command that runs one more process in a container; `call` has the notes on that, `process` is a file of it.
    package func exec(process: String, _ call: Bundle, in bundle: Bundle, hasTerminal: Bool = false) -> [String] {
        [path, "--root", bundle.statePath] + logging(call)
            + ["exec", "--pid-file", call.pidPath, "--process", process] + console(call, hasTerminal) + [bundle.id]
    }

    /// The command that sends a signal to a container's first process.
    package func kill(_ signal: String, _ bundle: Bundle) -> [String] {
        [path, "--root", bundle.statePath, "kill", bundle.id, signal]
    }

    /// Whether a terminal can be had from it while it waits for the program; runc hands over those alone for which it does not wait.
    var handsOverTerminals: Bool { isCrun }

    private func console(_ bundle: Bundle, _ hasTerminal: Bool) -> [String] {
        hasTerminal && handsOverTerminals ? ["--console-socket", bundle.consolePath] : []
    }

    private func general(_ bundle: Bundle, usesControlGroup: Bool) -> [String] {
        let manager = isCrun ? ["--cgroup-manager=\(usesControlGroup ? "cgroupfs" : "disabled")"] : []
        return [path, "--root", bundle.statePath] + logging(bundle) + manager
    }

    private func logging(_ bundle: Bundle) -> [String] {
        // crun takes what is before a colon for the kind of the log; its older versions know no kinds.
        let isKindAsked = isCrun && bundle.logPath.contains(":")
        return ["--log", isKindAsked ? "file:\(bundle.logPath)" : bundle.logPath, "--log-format", "json"]
    }
}
