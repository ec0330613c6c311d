import CLinux
import FoundationEssentials
import Glibc
package import OCISpec

/// One run of a container: when it began, and how it ended; what `containers/<id>/state.json` holds.
///
/// Whether it is still running no file says: it is as long as its folder is locked.
package struct ContainerRun: Hashable, Sendable, Codable {
    /// The boot of the machine that it began in.
    package var boot: String
    /// When the command was started, by the machine's clock.
    package var began: Timestamp
    /// Nil while it runs, or where nobody saw it end.
    package var ended: Timestamp?
    /// The status of its command, 128 and the signal's number where a signal ended it.
    package var exitStatus: Int32?
    /// Why it could not be started.
    package var problem: String?
    /// Whether somebody found that it had ended without a word, and no lock speaks for it any more.
    package var isLost: Bool?

    /// A run that begins.
    package init(began: Timestamp) {
        boot = Boot.id
        self.began = began
    }
}

/// What a container does now.
package enum ContainerStatus: Hashable, Sendable {
    /// It was never started.
    case created
    /// Its tree is mounted, and nothing runs in it.
    case mounted
    case running(since: Timestamp)
    /// It is running, and none of its processes goes on until somebody lets them.
    case paused(since: Timestamp)
    /// It ended by itself, or somebody ended it.
    case exited(Int32, at: Timestamp)
    /// Whoever ran it was killed, or the machine went down: the kernel killed it, and nobody saw when.
    case lost(hasMachineRestarted: Bool)

    /// What a run and the lock of the folder tell.
    package init(_ run: ContainerRun?, isLocked: Bool, isFrozen: Bool) {
        switch run {
        case nil: self = .created
        // Who copies something out of it or removes it has the lock as well.
        case let run? where isLocked && run.ended == nil && run.isLost != true:
            self = isFrozen ? .paused(since: run.began) : .running(since: run.began)
        case let run?:
            if let status = run.exitStatus, let ended = run.ended {
                self = .exited(status, at: ended)
            } else {
                self = run.problem == nil ? .lost(hasMachineRestarted: run.boot != Boot.id) : .created
            }
        }
    }

    /// Whether there are processes of it, paused or not.
    package var isRunning: Bool {
        switch self {
        case .running, .paused: true
        case .created, .mounted, .exited, .lost: false
        }
    }

    /// The status that the command ended with: 137, killed, where nobody saw it.
    package var exitStatus: Int32? {
        switch self {
        case .created, .mounted, .running, .paused: nil
        case .exited(let status, _): status
        case .lost: 137
        }
    }

    /// The word that docker has for it.
    package var word: String {
        switch self {
        case .created: "created"
        case .mounted: "mounted"
        case .running: "running"
        case .paused: "paused"
        case .exited, .lost: "exited"
        }
    }
}

/// The machine's current boot.
enum Boot {
    /// What the kernel calls it; empty where it does not tell.
    static let id: String = {
        do {
            let data = try Data(contentsOf: URL(filePath: "/proc/sys/kernel/random/boot_id"))
            return String(decoding: data.prefix { $0 > 32 }, as: UTF8.self)
        } catch {
            // No boot is like it, so a run is told by its lock and its process alone.
            return ""
        }
    }()
}
