import Glibc

/// Names under which files are written before they get their own by a rename; no two writers, threads of one process among them,
/// ever have the same.
package enum TemporaryName {
    /// A hidden name beside `name`, for a folder that is somebody else's.
    static func hidden(beside name: String) -> String {
        // A name may have 255 bytes; what is added has 26.
        let beginning = String(decoding: name.utf8.prefix(200), as: UTF8.self)
        return ".\(beginning).\(chance).part"
    }

    /// A name for a folder of the store: `NAME.CHANCE.PROCESS.new`, by which one whose writer was killed is known.
    package static func ofWriter(_ name: String) -> String { "\(name).\(chance).\(getpid()).new" }

    /// Whether `name` is such a name, or is one of an earlier version's without the chance, and what is there is nobody's any more;
    /// nil for any other name.
    package static func isAbandoned(_ name: String) -> Bool? {
        guard name.hasSuffix(".new"), let writer = name.dropLast(4).split(separator: ".").last.flatMap({ Int32($0) }), writer > 0
        else { return nil }
        return kill(writer, 0) != 0 && errno != EPERM
    }

    private static var chance: String { String(UInt64.random(in: .min ... .max), radix: 16) }
}
