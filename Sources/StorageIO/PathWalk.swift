/// Paths within one root, as raw bytes: symlinks lead where they lead inside, and `..` stops at the root.
package enum PathWalk {
    private static let slash = UInt8(ascii: "/")
    private static let above = Array("..".utf8)

    /// Where `path` leads, all symlinks followed; nil after more than `hops` of them.
    ///
    /// Parts that are not there are kept as they are.
    ///
    /// `link` gives a symlink's target at a path without symlinks, nil for anything else.
    package static func resolve<E: Error>(
        _ path: [UInt8], hops: Int = 40, link: ([UInt8]) throws(E) -> [UInt8]?
    ) throws(E) -> [UInt8]? {
        var pending = parts(path)[...]
        var here: [[UInt8]] = []
        var hopsLeft = hops
        while let part = pending.popFirst() {
            if part == above {
                _ = here.popLast()
                continue
            }
            guard let target = try link(joined(here + [part])) else {
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

    /// A path as it is written: `..` taken with what it leaves, stopping at the root.
    package static func cleaned(_ path: [UInt8]) -> [UInt8] {
        var clean: [[UInt8]] = []
        for part in parts(path) {
            if part == above { _ = clean.popLast() } else { clean.append(part) }
        }
        return joined(clean)
    }
}
