import LayerArchive

/// Follows paths within one root: symlinks lead where they lead inside, and `..` stops at the root.
enum PathWalk {
    /// As many symlinks as Linux follows.
    private static let maximumHops = 40

    /// Where `path` leads, all symlinks followed; parts that are not there are kept as they are.
    ///
    /// `link` gives a symlink's target at a path without symlinks, nil for anything else.
    static func resolve(
        _ path: [UInt8], link: ([UInt8]) throws(BuildError) -> [UInt8]?
    ) throws(BuildError) -> [UInt8] {
        var pending = parts(path)
        var here: [[UInt8]] = []
        var hops = 0
        while !pending.isEmpty {
            let part = pending.removeFirst()
            if part == Array("..".utf8) {
                if !here.isEmpty { here.removeLast() }
                continue
            }
            guard let target = try link(joined(here + [part])) else {
                here.append(part)
                continue
            }
            hops += 1
            guard hops <= maximumHops else { throw .symlinkLoop(path: path) }
            if target.first == UInt8(ascii: "/") { here = [] }
            pending = parts(target) + pending
        }
        return joined(here)
    }

    /// Where `path`, as written, leads within a source.
    static func resolve(_ path: [UInt8], in source: any CopySource) throws(BuildError) -> [UInt8] {
        try resolve(cleaned(path)) { (path) throws(BuildError) in
            let file = try source.file(at: path)
            return file?.kind == .symlink ? file?.linkTarget : nil
        }
    }

    /// Where `path`, as written, leads within the image built so far.
    static func resolve(_ path: [UInt8], onto tree: any TargetTree) throws(BuildError) -> [UInt8] {
        try resolve(cleaned(path)) { (path) throws(BuildError) in
            let entry = tree.entry(at: path)
            return entry?.kind == .symlink ? entry?.linkTarget : nil
        }
    }

    /// The parts of a path, without empty ones and `.`.
    static func parts(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map(Array.init).filter { $0 != [UInt8(ascii: ".")] }
    }

    /// Parts as a path without a leading slash.
    static func joined(_ parts: some Sequence<[UInt8]>) -> [UInt8] {
        Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }

    /// A path of the context or the image: `..` taken with what it leaves, stopping at the root, as it is written.
    static func cleaned(_ path: [UInt8]) -> [UInt8] {
        var clean: [[UInt8]] = []
        for part in parts(path) {
            if part == Array("..".utf8) {
                if !clean.isEmpty { clean.removeLast() }
            } else {
                clean.append(part)
            }
        }
        return joined(clean)
    }
}
