// https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files
// https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html

import Glibc
import StorageIO
import SystemPackage

/// The freezer of a container's control group: while that is frozen none of its processes runs.
package struct Freezer: Sendable {
    private let group: String
    private let isUnified: Bool

    /// The freezer of the container of this ID; nil where it has no group of its own, so that nothing can freeze it.
    package init?(of container: String) {
        let path = ControlGroup.path(of: container)
        let known = ControlGroup.freezerPlaces.first { access(Self.switchPath($0 + path, $1), W_OK) == 0 }
        guard let known else { return nil }
        (group, isUnified) = (known.place + path, known.isUnified)
    }

    private static func switchPath(_ group: String, _ isUnified: Bool) -> String {
        "\(group)/\(isUnified ? "cgroup.freeze" : "freezer.state")"
    }

    private var switchPath: String { Self.switchPath(group, isUnified) }

    /// Whether it is frozen, or is about to be.
    package var isFrozen: Bool { text(switchPath) != (isUnified ? "0" : "THAWED") }

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
        try storing { () throws(StorageError) in
            let fd = try check(.open, switchPath) { open(switchPath, O_WRONLY | O_CLOEXEC) }
            let file = File(adopting: FileDescriptor(rawValue: fd), path: switchPath)
            try file.write(Array(word.utf8))
        }
    }

    /// What a file of the group says; that it is not frozen, once it is gone.
    private func text(_ path: String) -> String {
        do throws(StorageError) {
            let bytes = try File.readStream(path, limit: 4096)
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        } catch {
            return isUnified ? "0" : "THAWED"
        }
    }
}
