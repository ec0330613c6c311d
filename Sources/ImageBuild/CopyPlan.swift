// https://docs.docker.com/reference/dockerfile/#copy

package import DockerfileLanguage
package import LayerArchive

/// What a `COPY` puts into its layer: decided from listings alone, before a byte of content is read.
package struct CopyPlan: Hashable, Sendable {
    /// One entry of the layer.
    package struct Entry: Hashable, Sendable {
        /// The tar's header; its path is the one in the image, without symlinks on the way.
        package var header: TarHeader
        /// The file whose content follows, by its path in the source; nil for what has none.
        package var content: [UInt8]?
    }

    /// Sorted by path: each directory before what it holds.
    package private(set) var entries: [Entry]
}

/// The words of a `COPY` or `ADD`, expanded.
package struct CopyRequest: Hashable, Sendable {
    /// As written; a leading slash changes nothing.
    package var sources: [[UInt8]]
    /// As written; relative to the working directory.
    package var destination: [UInt8]
    /// The image's working directory; empty for the root.
    package var workingDirectory: [UInt8]
    /// The owner of all that is written; root's unless `--chown` says otherwise.
    package var uid: Int64 = 0
    package var gid: Int64 = 0
    /// What `--chmod` says; nil for the source's own.
    package var mode: ModeChange?
    /// Whether the source's owners are kept: `COPY --from` without `--chown`.
    package var keepsOwners = false
    /// What nothing else dates.
    package var mtimeSeconds: Int64 = 0

    /// A request from its parts; the rest has plain values.
    package init(sources: [[UInt8]], destination: [UInt8], workingDirectory: [UInt8] = []) {
        self.sources = sources
        self.destination = destination
        self.workingDirectory = workingDirectory
    }
}

extension CopyPlan {
    /// The plan of `request`; `isLeftOut` says which paths of the source are excluded.
    ///
    /// A directory as a source means what it holds. A destination is a directory where it ends with a slash, where it is one
    /// already, or where a directory is copied; else it is the file's new name.
    package init(
        _ request: CopyRequest, from source: some CopySource, onto target: some TargetTree,
        leavingOut isLeftOut: ([UInt8]) -> Bool = { _ in false }
    ) throws(BuildError) {
        var planner = Planner(request: request, target: target)
        var files: [SourceFile] = []
        for pattern in request.sources {
            let found = try SourcePattern(text: pattern).files(in: source)
            files += found.filter { $0.path.isEmpty || !isLeftOut($0.path) || $0.kind == .directory }
            if found.allSatisfy({ $0.kind != .directory && isLeftOut($0.path) }), !SourcePattern(text: pattern).isWildcard {
                throw .noSuchSource(String(decoding: pattern, as: UTF8.self))
            }
        }
        guard !files.isEmpty else { throw .noSources }
        let endsWithSlash = request.destination.last == UInt8(ascii: "/") || request.destination.last == UInt8(ascii: ".")
        if request.sources.count > 1, !endsWithSlash {
            throw .destinationIsNoDirectory(String(decoding: request.destination, as: UTF8.self))
        }
        let place = try planner.destination()
        for file in files {
            try planner.add(file, at: place, isFolder: endsWithSlash || files.count > 1, from: source, isLeftOut)
        }
        entries = planner.sorted
    }
}

/// Gathers the entries of a plan.
private struct Planner<Target: TargetTree> {
    let request: CopyRequest
    let target: Target
    private var entries: [[UInt8]: CopyPlan.Entry] = [:]
    /// The inodes of files that have several names in their source.
    private var inodes: [[UInt8]: UInt64] = [:]

    init(request: CopyRequest, target: Target) {
        self.request = request
        self.target = target
    }

    /// All entries by path; of an inode's names the first holds the content, the others are hard links to it.
    var sorted: [CopyPlan.Entry] {
        var sorted = entries.values.sorted { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        var first: [UInt64: [UInt8]] = [:]
        for place in sorted.indices {
            let path = sorted[place].header.path
            guard let inode = inodes[path] else { continue }
            guard let target = first[inode] else {
                first[inode] = path
                continue
            }
            sorted[place].header.kind = .hardLink
            sorted[place].header.linkTarget = target
            sorted[place].header.size = 0
            sorted[place].content = nil
        }
        return sorted
    }

    /// The destination's path in the image, symlinks followed.
    func destination() throws(BuildError) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let isAbsolute = request.destination.first == slash
        let whole = isAbsolute ? request.destination : request.workingDirectory + [slash] + request.destination
        return try PathWalk.resolve(PathWalk.cleaned(whole)) { (path) throws(BuildError) in
            let entry = target.entry(at: path)
            return entry?.kind == .symlink ? entry?.linkTarget : nil
        }
    }

    /// What stands at `path` once the entries so far are there.
    private func kind(at path: [UInt8]) -> EntryKind? {
        if path.isEmpty { return .directory }
        return entries[path]?.header.kind ?? target.entry(at: path)?.kind
    }

    mutating func add(
        _ file: SourceFile, at place: [UInt8], isFolder: Bool, from source: some CopySource, _ isLeftOut: ([UInt8]) -> Bool
    ) throws(BuildError) {
        if file.kind == .directory {
            if let kind = kind(at: place), kind != .directory { throw .wrongKind(source: file.path, target: place) }
            let isNew = kind(at: place) == nil
            try addParents(of: place)
            // A directory that was there keeps what it was.
            if isNew { put(file, at: place) }
            try addChildren(of: file, at: place, from: source, isLeftOut)
            return
        }
        let isInside = isFolder || kind(at: place) == .directory
        let path = isInside ? join(place, Array(file.name)) : place
        try addParents(of: path)
        try addLeaf(file, at: path)
    }

    private mutating func addChildren(
        of folder: SourceFile, at place: [UInt8], from source: some CopySource, _ isLeftOut: ([UInt8]) -> Bool
    ) throws(BuildError) {
        var pending = [(folder.path, place)]
        while let (from, to) = pending.popLast() {
            for child in try source.children(of: from) {
                let path = join(to, Array(child.name))
                guard child.kind == .directory else {
                    if isLeftOut(child.path) { continue }
                    try addParents(of: path)
                    try addLeaf(child, at: path)
                    continue
                }
                // An excluded directory may hold something that is taken back in: it comes to be with that.
                if !isLeftOut(child.path) {
                    if let kind = kind(at: path), kind != .directory { throw .wrongKind(source: child.path, target: path) }
                    try addParents(of: path)
                    put(child, at: path)
                }
                pending.append((child.path, path))
            }
        }
    }

    private mutating func addLeaf(_ file: SourceFile, at path: [UInt8]) throws(BuildError) {
        guard file.kind == .file || file.kind == .symlink else { throw .unsupportedKind(path: file.path) }
        if kind(at: path) == .directory { throw .wrongKind(source: file.path, target: path) }
        put(file, at: path)
    }

    private mutating func put(_ file: SourceFile, at path: [UInt8]) {
        guard !path.isEmpty else { return }
        let mode = request.mode?.applied(to: file.mode, isDirectory: file.kind == .directory) ?? file.mode
        let header = TarHeader(
            path: path, kind: file.kind, mode: file.kind == .symlink ? 0o777 : mode,
            uid: request.keepsOwners ? file.uid : request.uid, gid: request.keepsOwners ? file.gid : request.gid,
            size: file.kind == .file ? file.size : 0, mtimeSeconds: file.mtimeSeconds, mtimeNanoseconds: file.mtimeNanoseconds,
            linkTarget: file.kind == .symlink ? file.linkTarget : [])
        entries[path] = CopyPlan.Entry(header: header, content: file.kind == .file ? file.path : nil)
        inodes[path] = file.kind == .file ? file.inode : nil
    }

    /// Directories on the way that are missing: 0755, of the owner that all is given to.
    private mutating func addParents(of path: [UInt8]) throws(BuildError) {
        let parts = PathWalk.parts(path)
        for count in 1..<max(1, parts.count) {
            let parent = PathWalk.joined(parts[..<count])
            switch kind(at: parent) {
            case .directory?: continue
            case nil:
                entries[parent] = CopyPlan.Entry(
                    header: TarHeader(
                        path: parent, kind: .directory, mode: 0o755, uid: request.uid, gid: request.gid,
                        mtimeSeconds: request.mtimeSeconds), content: nil)
            default: throw .wrongKind(source: path, target: parent)
            }
        }
    }

    private func join(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
        folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
    }
}
