// https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
// https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html
// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html

package import EngineStores
import OCISpec

/// Why no unit can say what was asked for.
package enum TimerUnitsError: Error, Hashable, Sendable {
    /// A text has a line break or another control character.
    case controlCharacter(String)
    /// systemd starts no program whose path has quotes or backslashes.
    case unfitProgram(String)
}

/// A service and a timer by which systemd prunes a store, or an engine's root.
package struct TimerUnits: Sendable {
    /// What the units of the default store are called, and what the names of all others begin with.
    package static let commonName = "strata-prune"

    /// What is to be run, on what; all paths are absolute.
    package struct Job: Sendable {
        /// Where strata is.
        package var program: String
        /// The policy file.
        package var policy: String
        /// What is pruned.
        package var subject: Subject
        /// The file to which figures are written; nil for none.
        package var metrics: String?
        /// Where the registry listens whose folder is pruned; nil for any other subject.
        package var address: String?
        /// Whether the units are those of an ordinary user.
        package var isUsers: Bool

        /// A job from its parts.
        package init(
            program: String, policy: String, _ subject: Subject, metrics: String? = nil, address: String? = nil, isUsers: Bool
        ) {
            self.address = address
            self.program = program
            self.policy = policy
            self.subject = subject
            self.metrics = metrics
            self.isUsers = isUsers
        }
    }

    /// What a run prunes, at an absolute path.
    package enum Subject: Sendable {
        /// A store, which may be the one that commands use unless they are told another.
        case store(String, isDefault: Bool)
        /// An engine's root, which may be the one that the engine has by default, with the variables that lead to the engine.
        case engine(EngineKind, root: String, isDefault: Bool, variables: [String: String])

        /// The directory.
        package var path: String {
            switch self {
            case .store(let path, _), .engine(_, let path, _, _): path
            }
        }

        /// What a sentence calls it.
        fileprivate var title: String {
            switch self {
            case .store(let path, _): "the strata store \(path)"
            case .engine(let kind, let path, _, _): "\(kind.title) at \(path)"
            }
        }

        /// The option that names it.
        fileprivate var words: [String] {
            switch self {
            case .store(let path, _): ["--store", path]
            case .engine(let kind, let path, _, _): ["--engine", "\(kind.rawValue)=\(path)"]
            }
        }
    }

    private let job: Job
    private let calendar: String

    /// Units that run the job at the times of a systemd calendar expression.
    package init(_ job: Job, calendar: String) throws(TimerUnitsError) {
        var texts = [job.program, job.policy, job.subject.path, calendar, job.metrics ?? "", job.address ?? ""]
        if case .engine(_, _, _, let variables) = job.subject { texts += variables.values }
        for text in texts {
            let isClean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            guard isClean else { throw .controlCharacter(text) }
        }
        guard !job.program.utf8.contains(where: { "\"'\\".utf8.contains($0) }) else { throw .unfitProgram(job.program) }
        self.job = job
        self.calendar = calendar
    }

    /// The name of both, without `.service` and `.timer`: each store, and each engine's root, has its own.
    ///
    /// For another directory than the default one it has the folder's name, and what tells folders of one name apart.
    package var name: String {
        var name = Self.commonName
        switch job.subject {
        case .store(_, let isDefault): if isDefault { return name }
        case .engine(let kind, _, let isDefault, _):
            name += "-\(kind.rawValue)"
            if isDefault { return name }
        }
        let last = job.subject.path.unicodeScalars.split(separator: "/").last.map(Array.init) ?? []
        let word = last.prefix(40).map {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_".unicodeScalars.contains($0)) ? Character($0) : "_"
        }
        return "\(name)-\(String(word))-\(Digest(hashing: Array(job.subject.path.utf8)).hex.prefix(8))"
    }

    /// The service: one run, at low priority.
    package var service: String {
        var words = ["system", "prune", "--force", "--policy", job.policy] + job.subject.words + ["--wait", "10m", "--quiet"]
        if let metrics = job.metrics { words += ["--metrics", metrics] }
        if let address = job.address { words += ["--host", address] }
        let command = ([Self.quoted(job.program)] + words.map(Self.argument)).joined(separator: " ")
        // What a user's containers wrote belongs to his subordinate IDs, and newuidmap, by which a process gets at them, has a bit
        // that sets its user.
        var rest = job.isUsers ? "" : "NoNewPrivileges=yes\n"
        if case .engine(_, _, _, let variables) = job.subject {
            for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
                rest += "Environment=\(Self.quoted("\(name)=\(value)"))\n"
            }
        }
        return """
            [Unit]
            Description=Reclaim space in \(Self.unexpanded(job.subject.title))
            RequiresMountsFor=\(Self.quoted(job.subject.path))

            [Service]
            Type=oneshot
            ExecStart=\(command)
            Nice=10
            IOSchedulingClass=idle
            \(rest)
            """
    }

    /// Whether a service is about the same store, or the same root.
    package func isAboutSameSubject(_ service: String) -> Bool {
        Array(service.utf8).contains(Array(" \(job.subject.words.map(Self.argument).joined(separator: " ")) --wait ".utf8))
    }

    /// The timer.
    package var timer: String {
        """
        [Unit]
        Description=Reclaim space in \(Self.unexpanded(job.subject.title)) at times

        [Timer]
        OnCalendar=\(Self.unexpanded(calendar))
        RandomizedDelaySec=15m
        Persistent=true

        [Install]
        WantedBy=timers.target

        """
    }

    /// A text in which `%` begins nothing; so it is in every place of a unit.
    private static func unexpanded(_ text: String) -> String { text.replacingScalars { $0 == "%" ? "%%" : nil } }

    /// An argument of a command, the only place in which `$` begins a variable.
    private static func argument(_ word: String) -> String { quoted(word.replacingScalars { $0 == "$" ? "$$" : nil }) }

    /// A word of a list: blanks would end it, quotes and backslashes mean something.
    private static func quoted(_ word: String) -> String {
        let text = unexpanded(word)
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "/._-=:%$+,@".unicodeScalars.contains(scalar)
        }
        if isPlain, !text.isEmpty { return text }
        return "\"" + text.replacingScalars { $0 == "\\" || $0 == "\"" ? "\\\($0)" : nil } + "\""
    }
}
