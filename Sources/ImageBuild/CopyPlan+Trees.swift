import LayerArchive
import StorageIO
import TextValues

extension CopyPlan {
    /// A directory where `request` leads, with those above it that are missing; nothing where it is there.
    package init(directory request: CopyRequest, onto target: some TargetTree) throws(BuildError) {
        let path = try PathWalk.resolve(request.destination, onto: target)
        var entries: [Entry] = []
        let parts = PathWalk.parts(path)
        for count in 0..<parts.count {
            let place = PathWalk.joined(parts[...count])
            switch target.entry(at: place)?.kind {
            case .directory?: continue
            case nil:
                entries.append(
                    Entry(
                        header: TarHeader(
                            path: place, kind: .directory, mode: 0o755, uid: request.uid, gid: request.gid,
                            mtimeSeconds: request.mtimeSeconds), content: nil))
            default: throw .wrongKind(source: path, target: place)
            }
        }
        self.init(sorted: try Self.withoutMarkers(entries))
    }

    /// What makes `tree` of `base`: everything that differs, and whiteouts of what is gone; content is of part 0.
    package init(turning base: some StageTree, into tree: some StageTree) throws(BuildError) {
        var entries: [Entry] = []
        var first: [FileIdentity: [UInt8]] = [:]
        var pending: [[UInt8]] = [[]]
        while let folder = pending.popLast() {
            let new = try tree.children(of: folder)
            let old = Dictionary(
                uniqueKeysWithValues: (base.entry(at: folder)?.kind == .directory || folder.isEmpty
                    ? try base.children(of: folder) : []).map { ($0.path, $0) })
            let names = Set(new.map(\.path))
            for path in old.keys where !names.contains(path) {
                let name = LayerMarker.whiteout(of: path)
                entries.append(Entry(header: TarHeader(path: name, kind: .file, mode: 0), content: nil))
            }
            for file in new.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
                if file.kind == .directory { pending.append(file.path) }
                if let before = old[file.path], try Self.isSame(before, base, file, tree) { continue }
                var header = TarHeader(
                    path: file.path, kind: file.kind, file.metadata, size: file.kind == .file ? file.size : 0,
                    linkTarget: file.linkTarget)
                var content: Content? = file.kind == .file || file.kind == .directory ? Content(part: 0, path: file.path) : nil
                if let inode = file.inode, file.kind == .file {
                    if let target = first[inode] {
                        (header.kind, header.linkTarget, header.size, content) = (.hardLink, target, 0, nil)
                    } else {
                        first[inode] = file.path
                    }
                }
                entries.append(Entry(header: header, content: content))
            }
        }
        self.init(sorted: entries.sorted { $0.header.path.lexicographicallyPrecedes($1.header.path) })
    }

    private static func isSame(
        _ old: SourceFile, _ base: some StageTree, _ new: SourceFile, _ tree: some StageTree
    ) throws(BuildError) -> Bool {
        var (left, right) = (old, new)
        // A file with several names is stored whole, so that its names stay together.
        if old.inode != nil || new.inode != nil { return false }
        (left.inode, right.inode) = (nil, nil)
        guard left == right else { return false }
        if old.kind != .file { return true }
        let before = try base.contentHash(of: old.path)
        let after = try tree.contentHash(of: new.path)
        return before == after
    }
}
