/// Paths within one root, as raw bytes, taken apart, cleaned and followed: symlinks lead where they lead inside, and `..` stops at the root.
package enum PathWalk {
    private static let slash = UInt8(ascii: "/")
    private static let above = Array("..".utf8)

    /// Where `path` leads, all symlinks followed; nil after more than `hops` of them.
    ///
    /// Parts that are not there are kept as they are; so is the last part, with `followsLast` false.
    ///
    /// `link` gives a symlink's target at a path without symlinks, nil for anything else.
    package static func resolve<E: Error>(
        _ path: [UInt8], hops: Int = 40, followsLast: Bool = true, link: ([UInt8]) throws(E) -> [UInt8]?
    ) throws(E) -> [UInt8]? {
        var pending = parts(path)[...]
        var here: [[UInt8]] = []
        var hopsLeft = hops
        while let part = pending.popFirst() {
            if part == above {
                _ = here.popLast()
                continue
            }
            guard followsLast || !pending.isEmpty, let target = try link(joined(here + [part])) else {
                here.append(part)
                continue
            }
            hopsLeft -= 1
            guard hopsLeft >= 0 else { return nil }
            if target.first == slash { here = [] }
            pending = (parts(target) + pending)[...]
        }
        return joined(here)
    }

    /// The parts of a path, without empty ones and `.`.
    package static func parts(_ path: some Collection<UInt8>) -> [[UInt8]] {
        path.split(separator: slash).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }

    /// Parts as a path without a leading slash.
    package static func joined(_ parts: some Sequence<[UInt8]>) -> [UInt8] {
        Array(parts.joined(separator: [slash]))
    }

    /// A path's last part, and what is before it; both without a slash between.
    package static func split(_ path: [UInt8]) -> (parent: [UInt8], name: [UInt8]) {
        guard let place = path.lastIndex(of: slash) else { return ([], path) }
        return (Array(path[..<place]), Array(path[(place + 1)...]))
    }

    /// A path as it is written, without a slash at either end: no empty part, no `.`, and `..` taken with what it leaves, stopping at
    /// the root.
    ///
    /// One that does not begin with a slash goes on from `folder`.
    package static func cleaned(_ path: some Collection<UInt8>, below folder: [UInt8] = []) -> [UInt8] {
        joined(cleaned(path.first == slash ? parts(path) : parts(folder) + parts(path), isRooted: true))
    }

    /// The shortest equal path (Go's `path.Clean`): one that begins with a slash keeps it, another keeps the `..` at its beginning, and
    /// is `.` where nothing is left.
    package static func shortened(_ path: String) -> String {
        let isRooted = path.utf8.first == slash
        let clean = String(decoding: joined(cleaned(parts(path.utf8), isRooted: isRooted)), as: UTF8.self)
        return isRooted ? "/" + clean : clean.isEmpty ? "." : clean
    }

    private static func cleaned(_ parts: [[UInt8]], isRooted: Bool) -> [[UInt8]] {
        var clean: [[UInt8]] = []
        for part in parts {
            if part != above || (!isRooted && (clean.last ?? above) == above) {
                clean.append(part)
            } else {
                _ = clean.popLast()
            }
        }
        return clean
    }
}
