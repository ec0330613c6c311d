// https://docs.kernel.org/admin-guide/cgroup-v2.html

import FoundationEssentials
import Glibc

/// The control group of a container that has limits.
enum ControlGroup {
    private static let root = "/sys/fs/cgroup"

    /// The group's path below each hierarchy.
    static func path(of id: String) -> String { "/strata/\(id)" }

    /// Removes what a killed runtime left; a group that has processes stays.
    static func remove(of id: String) {
        // One hierarchy of the second version, or one for each controller of the first.
        var places = [root]
        do { places += try FileManager.default.contentsOfDirectory(atPath: root).map { "\(root)/\($0)" } } catch { return }
        for place in places {
            _ = rmdir(place + path(of: id))
            // With the last container's.
            _ = rmdir("\(place)/strata")
        }
    }
}
