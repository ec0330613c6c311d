// https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
// https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html

/// A service and a timer by which systemd prunes a store.
package struct TimerUnits: Sendable {
    /// The name of both, without `.service` and `.timer`.
    package static let name = "strata-prune"

    private let program: String
    private let policy: String
    private let store: String
    private let calendar: String
    private let metrics: String?

    /// Units that run `program` with the policy file on the store, at the times of a systemd calendar expression.
    ///
    /// All paths are absolute. Nil for a text with a line break, which no unit can hold.
    package init?(program: String, policy: String, store: String, calendar: String, metrics: String?) {
        let texts = [program, policy, store, calendar, metrics ?? ""]
        guard !texts.contains(where: { $0.contains(where: \.isNewline) }) else { return nil }
        self.program = program
        self.policy = policy
        self.store = store
        self.calendar = calendar
        self.metrics = metrics
    }

    /// The service: one run, at low priority.
    package var service: String {
        var command = [program, "system", "prune", "--force", "--policy", policy, "--store", store, "--wait", "10m", "--quiet"]
        if let metrics { command += ["--metrics", metrics] }
        return """
            [Unit]
            Description=Reclaim space in the strata store
            RequiresMountsFor=\(Self.quoted(store))

            [Service]
            Type=oneshot
            ExecStart=\(command.map(Self.quoted).joined(separator: " "))
            Nice=10
            IOSchedulingClass=idle
            NoNewPrivileges=yes

            """
    }

    /// The timer.
    package var timer: String {
        """
        [Unit]
        Description=Reclaim space in the strata store at times

        [Timer]
        OnCalendar=\(calendar)
        RandomizedDelaySec=15m
        Persistent=true

        [Install]
        WantedBy=timers.target

        """
    }

    /// A word of a unit: `%` and `$` would be expanded, quotes and blanks would end it.
    private static func quoted(_ word: String) -> String {
        let text = word.replacing("%", with: "%%").replacing("$", with: "$$")
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "/._-=:%$+,@".contains($0) }
        if isPlain, !text.isEmpty { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
