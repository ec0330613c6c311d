// https://man7.org/linux/man-pages/man7/signal.7.html

/// A signal as people name it: `SIGTERM`, `term`, `15`, `RTMIN+3`.
package struct SignalName: Hashable, Sendable {
    /// As runtimes take it: without `SIG`, or a number.
    package let text: String

    /// The signal that no process can pass over.
    package static let kill = SignalName(known: "KILL")
    /// The signal that asks a process to end.
    package static let terminate = SignalName(known: "TERM")

    private init(known: String) { text = known }

    /// The signal that a text names, in letters of either case; nil for anything else.
    package init?(_ text: String) {
        if let number = Int(text) {
            guard (1...Self.realTime.upperBound).contains(number) else { return nil }
            self.init(known: Self.numbers.first { $0.value == number }?.key ?? "\(number)")
            return
        }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if let number = Self.realTimeNumber(name) ?? Self.otherNames[name] {
            self.init(known: Self.numbers.first { $0.value == number }?.key ?? "\(number)")
        } else {
            guard Self.numbers[name] != nil else { return nil }
            self.init(known: name)
        }
    }

    /// Those that C's library leaves to programs.
    private static let realTime = 34...64

    /// `RTMIN+3`, `RTMAX-1`: systemd, for one, is stopped by such a signal.
    private static func realTimeNumber(_ name: String) -> Int? {
        for (word, base) in [("RTMIN", realTime.lowerBound), ("RTMAX", realTime.upperBound)] where name.hasPrefix(word) {
            let rest = name.dropFirst(word.count)
            guard let distance = rest.isEmpty ? 0 : Int(rest), realTime.contains(base + distance) else { return nil }
            return base + distance
        }
        return nil
    }

    /// Further names of signals.
    private static let otherNames = ["IOT": 6, "CLD": 17, "POLL": 29, "UNUSED": 31]

    private static let numbers = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
        "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20,
        "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "PWR": 30,
        "SYS": 31,
    ]
}
