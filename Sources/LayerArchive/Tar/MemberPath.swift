/// Names of an archive's or a folder's files in one form, on both sides of every look-up: bytes, without `.` and empty parts.
///
/// `./x`, `/x`, `x//y` are names that writers give to members, and that documents have for them, each as it likes.
package enum MemberPath {
    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// The parts of a name, with `..` taken back as a path through directories does; nil for one that leaves the root.
    package static func parts(of name: some Collection<UInt8>, below parents: [[UInt8]] = []) -> [[UInt8]]? {
        var parts = name.first == slash ? [] : parents
        for part in name.split(separator: slash).map({ Array($0) }) where part != [dot] {
            if part == [dot, dot] {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(part)
            }
        }
        return parts
    }

    /// Parts as one path.
    package static func joined(_ parts: [[UInt8]]) -> [UInt8] { Array(parts.joined(separator: [slash])) }

    /// Where a name leads.
    package enum End: Hashable, Sendable {
        /// To this path, on which no link is left.
        case path([UInt8])
        /// Out of the root.
        case outside
        /// Nowhere: from link to link without an end.
        case loop
    }

    /// How many links one name may lead through, as in Linux.
    private static let longestChain = 40

    /// Follows the links on the way of a name; `link` gives the target of the link that stands at a path, nil for anything else.
    ///
    /// With `clampsRoot` an absolute target counts from the root, as in an archive; in a folder it leaves it.
    package static func follow<E: Error>(
        _ name: some Collection<UInt8>, clampsRoot: Bool, link: ([UInt8]) throws(E) -> [UInt8]?
    ) throws(E) -> End {
        guard let start = parts(of: name) else { return .outside }
        var pending = Array(start.reversed())
        var done: [[UInt8]] = []
        var chain = 0
        while let part = pending.popLast() {
            if part == [dot, dot] {
                guard done.popLast() != nil else { return .outside }
                continue
            }
            done.append(part)
            guard let target = try link(joined(done)) else { continue }
            chain += 1
            if chain > longestChain { return .loop }
            done.removeLast()
            if target.first == slash {
                if !clampsRoot { return .outside }
                done = []
            }
            pending += target.split(separator: slash).map { Array($0) }.filter { $0 != [dot] }.reversed()
        }
        return .path(joined(done))
    }
}
