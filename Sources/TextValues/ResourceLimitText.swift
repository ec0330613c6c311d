// https://pkg.go.dev/github.com/docker/go-units#ParseUlimit
// https://man7.org/linux/man-pages/man2/getrlimit.2.html

/// A limit of a process as docker's `--ulimit` has it: `nofile=1024`, `nofile=1024:2048`, `memlock=-1`.
package struct ResourceLimitText: Hashable, Sendable {
    /// What is wrong with a text.
    package enum Fault: Error, Hashable {
        /// Not `NAME=SOFT` or `NAME=SOFT:HARD` with whole numbers.
        case malformed
        /// Linux has no limit of this name.
        case unknownName(String)
        /// The soft limit is above the hard one.
        case softAboveHard
    }

    /// In small letters, without `RLIMIT_`.
    package let name: String
    /// What is enforced; the largest number for no limit.
    package let soft: UInt64
    /// What the process may raise the soft limit to; the largest number for no limit.
    package let hard: UInt64

    /// The limit that a text names; -1 is none, and without a hard limit the soft one is both.
    package init(_ text: String) throws(Fault) {
        let field = NameValue(text)
        guard let value = field.value, !field.name.isEmpty else { throw .malformed }
        guard Self.names.contains(field.name) else { throw .unknownName(field.name) }
        let parts = value.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Self.number(String($0) ?? "") }
        guard (1...2).contains(parts.count), numbers.count == parts.count, let soft = numbers.first, let hard = numbers.last
        else { throw .malformed }
        guard soft <= hard else { throw .softAboveHard }
        name = field.name
        self.soft = soft
        self.hard = hard
    }

    private static func number(_ text: String) -> UInt64? {
        guard let number = Int64(text), number >= -1 else { return nil }
        return number < 0 ? .max : UInt64(number)
    }

    /// The names that docker has.
    package static let names: Set = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime",
        "sigpending", "stack",
    ]
}
