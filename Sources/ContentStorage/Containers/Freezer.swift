// https://docs.kernel.org/admin-guide/cgroup-v2.html#core-interface-files
// https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html

import Glibc
import StorageIO

/// The freezer of a container's control group: while that is frozen none of its processes runs.
package struct Freezer: Sendable {
    /// The path of the group.
    package let group: String
    /// Whether it is one of the second version of control groups.
    package let isUnified: Bool

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

    /// The file that says whether it is frozen, and is written to change that.
    package var switchPath: String { Self.switchPath(group, isUnified) }

    /// Whether it is frozen, or is about to be.
    package var isFrozen: Bool { text(switchPath) != (isUnified ? "0" : "THAWED") }

    /// What a file of the group says; that it is not frozen, once it is gone.
    package func text(_ path: String) -> String {
        do throws(StorageError) {
            let bytes = try File.readStream(path, limit: 4096)
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        } catch {
            return isUnified ? "0" : "THAWED"
        }
    }
}
