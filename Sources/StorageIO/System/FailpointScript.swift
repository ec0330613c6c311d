#if STRATA_FAILPOINTS
    import Glibc
    import Synchronization
    package import SystemPackage

    /// What shall happen at which failpoint: from the environment, and from tests in this process.
    package final class FailpointScript: Sendable {
        private struct Step {
            let point: Failpoint
            /// Only steps on paths that begin so; tests that run side by side have stores of their own.
            let pathPrefix: String
            /// The error to fail with; nil kills the process.
            let errno: Errno?
            /// Whether the process ends by a trap.
            var isTrap = false
            /// Whether the process stops, and goes on when somebody continues it.
            var isStop = false
            /// Which time counts, from 1; 0 is every time.
            let occurrence: Int
            var meetings = 0
        }

        /// The script of this process.
        package static let shared = FailpointScript()

        private let steps: Mutex<[Step]>

        private init() {
            var steps: [Step] = []
            if let text = getenv("STRATA_FAILPOINT"), let step = Self.parse(String(cString: text)) { steps = [step] }
            self.steps = Mutex(steps)
        }

        /// Makes `point` fail with `errno`, each time or only the `occurrence`th, for paths below `pathPrefix`.
        package func force(_ errno: Errno, at point: Failpoint, below pathPrefix: String, occurrence: Int = 0) {
            steps.withLock {
                $0.append(Step(point: point, pathPrefix: pathPrefix, errno: errno, occurrence: occurrence))
            }
        }

        /// Forgets what was forced for `pathPrefix`.
        package func clear(below pathPrefix: String) {
            steps.withLock { steps in steps.removeAll { $0.pathPrefix == pathPrefix } }
        }

        func meet(_ point: Failpoint, path: String) -> Errno? {
            steps.withLock { steps in
                for place in steps.indices where steps[place].point == point && path.hasPrefix(steps[place].pathPrefix) {
                    steps[place].meetings += 1
                    guard steps[place].occurrence == 0 || steps[place].occurrence == steps[place].meetings else { continue }
                    if steps[place].isTrap { preconditionFailure("failpoint \(point.rawValue)") }
                    if steps[place].isStop {
                        raise(SIGSTOP)
                        return nil
                    }
                    guard let errno = steps[place].errno else { Self.die() }
                    return errno
                }
                return nil
            }
        }

        /// Reads `name[:nth][=ERRNO]`, `name[:nth]=TRAP` or `name[:nth]=STOP`; nil for a name that does not exist, so that a typo does nothing rather than something.
        private static func parse(_ text: String) -> Step? {
            let halves = text.split(separator: "=", maxSplits: 1)
            let parts = halves.first?.split(separator: ":", maxSplits: 1) ?? []
            guard let name = parts.first, let point = Failpoint(rawValue: String(name)) else { return nil }
            let isTrap = halves.count > 1 && halves[1] == "TRAP"
            let isStop = halves.count > 1 && halves[1] == "STOP"
            let errno = halves.count > 1 ? knownErrors[String(halves[1])] : nil
            if halves.count > 1, errno == nil, !isTrap, !isStop { return nil }
            let occurrence = parts.count > 1 ? Int(parts[1]) ?? 1 : (errno == nil ? 1 : 0)
            return Step(point: point, pathPrefix: "", errno: errno, isTrap: isTrap, isStop: isStop, occurrence: occurrence)
        }

        private static let knownErrors: [String: Errno] = [
            "ENOSPC": .noSpace, "EIO": .ioError, "EACCES": .permissionDenied, "EROFS": .readOnlyFileSystem,
            "EDQUOT": .diskQuotaExceeded, "EMFILE": .tooManyOpenFiles, "ENOMEM": .noMemory, "EINTR": .interrupted,
        ]

        private static func die() -> Never {
            kill(getpid(), SIGKILL)
            while true { pause() }
        }
    }
#endif
