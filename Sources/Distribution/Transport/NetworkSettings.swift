package import OCISpec

/// How long the network is waited for; seconds.
package struct Timeouts: Sendable {
    /// Until a connection stands, TLS included.
    package var connect = 15.0
    /// Until an answer begins.
    package var response = 60.0
    /// Until an upload is acknowledged: a registry may hash all of it first.
    package var acknowledgement = 600.0
    /// Until the next bytes of a body.
    package var idle = 30.0
    /// A body of which fewer than `minimumBytesPerSecond` arrive over so long is given up.
    package var slowness = 30.0
    /// A transfer that is slower than this for the time of a stall is given up and tried again.
    package var minimumBytesPerSecond = 1024.0

    /// The default timeouts.
    package init() {}

    /// Timeouts that give a server up that says nothing for so many seconds; answers that take work may take longer.
    package init(silence seconds: Double) {
        connect = seconds / 2
        response = seconds * 2
        acknowledgement = seconds * 20
        idle = seconds
        slowness = seconds
    }
}

/// When a request is tried again, and how long is waited before.
package struct RetryPolicy: Sendable {
    /// Tries in all; of a body's pieces, tries in a row without a new byte.
    package var attempts = 5
    /// The longest wait after the first failure; it doubles with each.
    package var baseSeconds = 0.5
    /// The longest wait at all; a server that wants a longer one is given up.
    package var maxSeconds = 60.0

    /// The default policy.
    package init() {}

    /// The wait after so many failures: at random up to a bound that doubles, so that many clients do not come back at once.
    ///
    /// A server's `Retry-After`, in seconds, is waited for instead.
    package func pause(afterFailures count: Int, retryAfter: Double?) -> Double {
        if let retryAfter { return min(max(0, retryAfter), maxSeconds) }
        let bound = min(maxSeconds, baseSeconds * Double(1 << min(16, max(0, count - 1))))
        return Double.random(in: bound / 2...bound)
    }
}

/// A pause before a request is tried again.
package struct Wait: Sendable {
    /// Why the request failed.
    package enum Cause: Sendable {
        /// The server answered with this status, and gave these reasons.
        case status(Int, [RegistryFault])
        /// No answer came.
        case network(NetworkFailure)
    }

    /// Who is waited for, as messages call it.
    package var server: String
    /// Why it is waited, for the line that announces the pause.
    package var cause: Cause
    /// How long the pause lasts, as the server or the policy has it.
    package var seconds = 0.0
}

/// What a user and his machine say about the network.
package struct NetworkSettings: Sendable {
    /// For every request of the command.
    package var timeouts = Timeouts()
    /// For what may succeed when it is asked again.
    package var retries = RetryPolicy()
    /// Whether the registry asked for may have a certificate that nobody vouches for, or speak plain HTTP.
    package var isInsecure = false
    /// A folder of certificates for the registry asked for: `*.crt` to trust, `*.cert` and `*.key` to show.
    package var certificateFolder: String?
    /// Folders with a folder of that kind for each registry, `host[:port]`; the first that has one counts.
    package var certificateRoots: [String] = []
    /// The process's environment, for proxies and places of files.
    package var environment: [String: String]
    /// What programs call themselves to servers.
    package var userAgent: String
    /// Mirrors and what belongs to them.
    package var mirrors = MirrorTable()
    /// What manifests, indexes and configs of a registry may have.
    package var documents = DocumentLimits.default
    /// What spreads the requests of all threads over time; nil where each is sent at once.
    package var pace: RequestPace?
    /// Told of each pause when it begins; called from several threads.
    package var onWait: @Sendable (Wait) -> Void = { _ in }

    /// Settings for an environment.
    package init(environment: [String: String], userAgent: String) {
        self.environment = environment
        self.userAgent = userAgent
    }
}
