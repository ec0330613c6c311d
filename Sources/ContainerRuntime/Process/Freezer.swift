// https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files
// https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html

package import ContentStorage
import Glibc
import StorageIO
import SystemPackage

extension Freezer {
    /// Freezes it, and returns when none of its processes runs.
    package func freeze() throws(RuntimeError) {
        for _ in 0..<400 {
            // The first version begins anew where a process was just being made.
            try set(isUnified ? "1" : "FROZEN")
            if isUnified ? text("\(group)/cgroup.events").contains("frozen 1") : text(switchPath) == "FROZEN" { return }
            usleep(5000)
        }
        try thaw()
        throw .runtimeFailed(detail: "its control group does not freeze")
    }

    /// Lets its processes go on.
    package func thaw() throws(RuntimeError) { try set(isUnified ? "0" : "THAWED") }

    /// Lets a container go on that is frozen, by whomever; one that is gone needs nothing.
    ///
    /// Before that no signal reaches its processes.
    package static func release(_ container: String) {
        do throws(RuntimeError) {
            if let freezer = Freezer(of: container), freezer.isFrozen { try freezer.thaw() }
        } catch {
            // It has gone.
        }
    }

    private func set(_ word: String) throws(RuntimeError) {
        try lift(to: RuntimeError.storage) { () throws(StorageError) in
            let fd = try check(.open, switchPath) { open(switchPath, O_WRONLY | O_CLOEXEC) }
            let file = File(adopting: FileDescriptor(rawValue: fd), path: switchPath)
            try file.write(Array(word.utf8))
        }
    }
}
