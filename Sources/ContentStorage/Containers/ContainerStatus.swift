package import OCISpec

/// What a container does now.
package enum ContainerStatus: Hashable, Sendable {
    /// It was never started.
    case created
    /// Its tree is mounted, and nothing runs in it.
    case mounted
    /// Its command runs since that moment.
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
                self = run.problem == nil ? .lost(hasMachineRestarted: run.boot != MachineBoot.id) : .created
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

    /// Whether a container is over that `goesWithItsEnd`: whoever ran it, and should have removed it, was killed before that.
    package func isOver(goesWithItsEnd: Bool) -> Bool {
        if case .lost = self { goesWithItsEnd } else { false }
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
