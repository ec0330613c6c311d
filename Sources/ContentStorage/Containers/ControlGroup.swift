// https://docs.kernel.org/admin-guide/cgroup-v2.html
// https://docs.kernel.org/admin-guide/cgroup-v1/devices.html

import Glibc
import StorageIO
import SystemPackage

/// The control group of a container: its limits, and which devices it may use.
package enum ControlGroup {
    private static let root = "/sys/fs/cgroup"
    private static let parent = "strata"

    /// Whether this process may make some.
    package static let isUsable: Bool = {
        guard geteuid() == 0, UserNamespace.isInitial else { return false }
        // The second version has one hierarchy, the first one for each controller.
        let place = access("\(root)/cgroup.controllers", F_OK) == 0 ? root : "\(root)/devices"
        return access(place, W_OK) == 0
    }()

    /// Where groups can be frozen, the second version's hierarchy or the first one's.
    static var freezerPlaces: [(place: String, isUnified: Bool)] { isUsable ? [(root, true), ("\(root)/freezer", false)] : [] }

    /// The group's path below each hierarchy.
    package static func path(of id: String) -> String { "/\(parent)/\(id)" }

    /// The name of the group of a run that is no container, of this process.
    package static func runName() -> String { "run-\(getpid())-\(UInt32.random(in: 0...UInt32.max))" }

    /// Removes what a killed runtime left; a group that has processes stays.
    package static func remove(of id: String) {
        // The folder of them all stays: another one's runtime may be about to make a group in it.
        for place in hierarchies() { remove(place + path(of: id)) }
    }

    /// Removes a group, and first those that its own processes made in it.
    private static func remove(_ group: String) {
        guard rmdir(group) != 0, errno == EBUSY || errno == ENOTEMPTY else { return }
        for name in names(group) where rmdir("\(group)/\(name)") != 0 && errno != ENOTDIR { remove("\(group)/\(name)") }
        _ = rmdir(group)
    }

    /// Removes the groups of runs whose process was killed.
    package static func removeAbandonedRuns() {
        for place in hierarchies() {
            for name in names("\(place)/\(parent)") where name.hasPrefix("run-") {
                let process = name.split(separator: "-").dropFirst().first.flatMap { Int32($0) }
                if let process, kill(process, 0) == 0 || errno != ESRCH { continue }
                remove("\(place)/\(parent)/\(name)")
            }
        }
    }

    private static func hierarchies() -> [String] { isUsable ? [root] + names(root).map { "\(root)/\($0)" } : [] }

    private static func names(_ path: String) -> [String] {
        // A hierarchy that is gone or that may not be read has no group of ours.
        do throws(StorageError) { return try Directory.open(FilePath(path)).names() } catch { return [] }
    }
}
