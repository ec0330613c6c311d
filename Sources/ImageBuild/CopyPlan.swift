// https://docs.docker.com/reference/dockerfile/#copy
// https://docs.docker.com/reference/dockerfile/#add

package import DockerfileLanguage
package import LayerArchive
import StorageIO
import TextValues

/// What a `COPY` puts into its layer: decided from listings alone, before a byte of content is read.
package struct CopyPlan: Hashable, Sendable {
    /// Where the content of an entry is.
    package struct Content: Hashable, Sendable {
        /// The number of the part that it comes from.
        package var part: Int
        /// Within the part's source: raw bytes, no leading slash.
        package var path: [UInt8]
    }

    /// One entry of the layer.
    package struct Entry: Hashable, Sendable {
        /// The tar's header; its path is the one in the image, without symlinks on the way.
        package var header: TarHeader
        /// The file or directory that has the content and the extended attributes; nil for what has neither.
        package var content: Content?
    }

    /// Sorted by path: each directory before what it holds.
    package private(set) var entries: [Entry]

    init(sorted entries: [Entry]) { self.entries = entries }
}

/// Where a `COPY` or `ADD` puts things, and as whose.
package struct CopyRequest: Hashable, Sendable {
    /// As written; relative to the working directory.
    package var destination: [UInt8]
    /// The image's working directory; empty for the root.
    package var workingDirectory: [UInt8]
    /// The owner of all that is written; root's unless `--chown` says otherwise.
    package var uid: Int64 = 0
    /// The group of all that is written; root's unless `--chown` says otherwise.
    package var gid: Int64 = 0
    /// What `--chmod` says; nil for the source's own.
    package var mode: ModeChange?
    /// What nothing else dates.
    package var mtimeSeconds: Int64 = 0

    /// A request from its parts; the rest has plain values.
    package init(destination: [UInt8], workingDirectory: [UInt8] = []) {
        self.destination = destination
        self.workingDirectory = workingDirectory
    }
}

extension CopyRequest {
    /// Whether the destination is a directory as it is written: the working directory itself, or with a slash, `.` or `..` at its end.
    var namesDirectory: Bool {
        let last = destination[(destination.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
        return last.isEmpty || last.elementsEqual(".".utf8) || last.elementsEqual("..".utf8)
    }
}

/// Some of the sources of a `COPY` or `ADD`: those that come from one place.
package struct CopyPart: Sendable {
    /// What of the source is meant.
    package enum Meaning: Sendable {
        /// Files and directories, as written; a leading slash changes nothing.
        case files([[UInt8]])
        /// All of it, laid over the destination as tar does.
        case archive
    }

    /// Where the files are.
    package var source: any CopySource
    /// What of it is taken.
    package var meaning: Meaning
    /// Whether the source's owners are kept.
    package var keepsOwners = false
    /// Whether the directories above a source are made as well.
    package var keepsParents = false
    /// Which paths of the source are not in it for this build, since the context's ignore file has them; nil for none.
    package var isIgnored: (@Sendable ([UInt8]) -> Bool)?
    /// What `--exclude` leaves out: patterns of paths below a source that is a directory, and of the name of any other.
    package var excluded: IgnorePatterns?

    /// A part from what it always has.
    package init(_ source: any CopySource, _ meaning: Meaning) {
        self.source = source
        self.meaning = meaning
    }
}

/// A file that a part means.
struct ChosenFile {
    let file: SourceFile
    /// Where it goes below the destination: by its name alone, or with directories above it.
    let relativePath: [UInt8]
    /// The folder that `--exclude` counts from, by its path in the source.
    let base: [UInt8]
}

extension CopyPart {
    /// The files and directories that are meant, none for an archive.
    ///
    /// An excluded directory is among them, since it may hold something that is taken back in.
    func chosen() throws(BuildError) -> [ChosenFile] {
        guard case .files(let patterns) = meaning else { return [] }
        var chosen: [ChosenFile] = []
        for text in patterns {
            let pattern = SourcePattern(text: text, isDeep: keepsParents)
            for match in try pattern.files(in: source) {
                let file = match.file
                guard try isThere(file) else {
                    if pattern.isWildcard { continue }
                    throw .noSuchSource(String(decoding: text, as: UTF8.self))
                }
                let relative = keepsParents ? pattern.pivoted(pattern.isWildcard ? match.path : file.path) : match.name
                chosen.append(ChosenFile(file: file, relativePath: relative, base: base(of: file, relative)))
            }
        }
        return chosen
    }

    /// Whether no file matches any of its patterns.
    func meansNothing() throws(BuildError) -> Bool {
        if case .archive = meaning { return false }
        return try chosen().isEmpty
    }

    private func base(of file: SourceFile, _ relativePath: [UInt8]) -> [UInt8] {
        let depth = PathWalk.parts(file.path).count
        let own = keepsParents ? PathWalk.parts(relativePath).count : file.kind == .directory ? 0 : 1
        return PathWalk.joined(PathWalk.parts(file.path).prefix(max(0, depth - own)))
    }

    /// Whether anything may stay behind.
    var leavesOut: Bool { isIgnored != nil || excluded != nil }

    /// Whether a path of the source, chosen by itself or with what is above it, stays behind.
    func isLeftOut(_ path: [UInt8], below base: [UInt8]) -> Bool {
        if isIgnored?(path) == true { return true }
        guard let excluded, path.count > base.count else { return false }
        return excluded.excludes(String(decoding: base.isEmpty ? path[...] : path[(base.count + 1)...], as: UTF8.self))
    }

    /// Whether a file is in what is left; a directory that is ignored is there with what is taken back in.
    private func isThere(_ file: SourceFile) throws(BuildError) -> Bool {
        if file.path.isEmpty || isIgnored?(file.path) != true { return true }
        guard file.kind == .directory else { return false }
        for child in try source.children(of: file.path) where try isThere(child) { return true }
        return false
    }
}

extension CopyPlan {
    /// The plan of `request` with the sources of `parts`, in their order.
    ///
    /// A directory as a source means what it holds. A destination is a directory where it ends with a slash, where it is one
    /// already, or where a directory is copied; else it is the file's new name, and of several files that a pattern matches the
    /// last one has it.
    package init(_ request: CopyRequest, _ parts: [CopyPart], onto target: some TargetTree) throws(BuildError) {
        var planner = Planner(request: request, target: target)
        let chosen = try parts.map { part throws(BuildError) in try part.chosen() }
        let archives = parts.count { if case .archive = $0.meaning { true } else { false } }
        let written = parts.reduce(archives) { if case .files(let patterns) = $1.meaning { $0 + patterns.count } else { $0 } }
        let place = try planner.destination()
        let isFolder = request.namesDirectory
        if written > 1, !isFolder, planner.kind(at: place) != .directory {
            throw .destinationIsNoDirectory(String(decoding: request.destination, as: UTF8.self))
        }
        for (number, part) in parts.enumerated() {
            planner.part = number
            if case .archive = part.meaning { try planner.addArchive(part, at: place) }
            for file in chosen[number] { try planner.add(file, of: part, at: place, isFolder: isFolder) }
        }
        entries = try Self.withoutMarkers(planner.sorted)
    }

    /// Entries none of which would delete something: neither a file nor a directory that is made on the way may have a marker's name.
    static func withoutMarkers(_ entries: [Entry]) throws(BuildError) -> [Entry] {
        if let marker = entries.first(where: { LayerMarker.isName($0.header.path) }) {
            throw .markerName(path: marker.header.path)
        }
        return entries
    }
}

/// Gathers the entries of a plan.
private struct Planner<Target: TargetTree> {
    private struct Inode: Hashable {
        let part: Int
        let file: FileIdentity
    }

    let request: CopyRequest
    let target: Target
    /// The number of the part that is being added.
    var part = 0
    private var entries: [[UInt8]: CopyPlan.Entry] = [:]
    /// The inodes of files that have several names in their source.
    private var inodes: [[UInt8]: Inode] = [:]

    init(request: CopyRequest, target: Target) {
        self.request = request
        self.target = target
    }

    /// All entries by path; of an inode's names the first holds the content, the others are hard links to it.
    var sorted: [CopyPlan.Entry] {
        var sorted = entries.values.sorted { $0.header.path.lexicographicallyPrecedes($1.header.path) }
        guard !inodes.isEmpty else { return sorted }
        var first: [Inode: [UInt8]] = [:]
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
        return try PathWalk.resolve(whole, onto: target)
    }

    /// What stands at `path` once the entries so far are there.
    func kind(at path: [UInt8]) -> EntryKind? {
        if path.isEmpty { return .directory }
        return entries[path]?.header.kind ?? target.entry(at: path)?.kind
    }

    // MARK: Files and directories

    mutating func add(_ chosen: ChosenFile, of part: CopyPart, at place: [UInt8], isFolder: Bool) throws(BuildError) {
        let file = chosen.file
        if part.keepsParents {
            let path = join(place, chosen.relativePath)
            try addParents(of: path)
            try addSourceParents(of: file, of: part, at: path, below: place)
            if file.kind == .directory {
                try addDirectory(chosen, of: part, at: path, isItself: true)
            } else if !part.isLeftOut(file.path, below: chosen.base) {
                try addLeaf(file, of: part, at: path)
            }
        } else if file.kind == .directory {
            try addDirectory(chosen, of: part, at: place, isItself: false)
        } else if !part.isLeftOut(file.path, below: chosen.base) {
            let isInside = isFolder || kind(at: place) == .directory
            let path = isInside ? join(place, chosen.relativePath) : place
            try addParents(of: path)
            try addLeaf(file, of: part, at: path)
        }
    }

    /// Adds what a directory holds, and where it is copied as `isItself` the directory; else the place is a new one, or keeps what it was.
    private mutating func addDirectory(
        _ chosen: ChosenFile, of part: CopyPart, at place: [UInt8], isItself: Bool
    ) throws(BuildError) {
        let file = chosen.file
        if let kind = kind(at: place), kind != .directory { throw .wrongKind(source: file.path, target: place) }
        let isNew = kind(at: place) == nil
        try addParents(of: place)
        // A directory that was there keeps what it was.
        // The root of a source is there even if everything in it stays behind.
        if isNew, file.path.isEmpty || !part.isLeftOut(file.path, below: chosen.base) {
            if isItself { try put(file, of: part, at: place) } else { entries[place] = newDirectory(at: place, like: file) }
        }
        try addChildren(of: chosen, of: part, at: place)
    }

    private mutating func addChildren(of folder: ChosenFile, of part: CopyPart, at place: [UInt8]) throws(BuildError) {
        var pending = [(folder.file.path, place)]
        while let (from, to) = pending.popLast() {
            for child in try part.source.children(of: from) {
                let path = join(to, Array(child.name))
                guard child.kind == .directory else {
                    // A socket is somebody's running program, not a file of theirs.
                    if child.kind == .socket || part.isLeftOut(child.path, below: folder.base) { continue }
                    try addParents(of: path)
                    try addLeaf(child, of: part, at: path)
                    continue
                }
                // An excluded directory may hold something that is taken back in: it comes to be with that.
                if !part.isLeftOut(child.path, below: folder.base) {
                    if let kind = kind(at: path), kind != .directory { throw .wrongKind(source: child.path, target: path) }
                    try addParents(of: path)
                    try put(child, of: part, at: path)
                }
                pending.append((child.path, path))
            }
        }
    }

    private mutating func addLeaf(_ file: SourceFile, of part: CopyPart, at path: [UInt8]) throws(BuildError) {
        let isPlain = file.kind == .file || file.kind == .symlink
        guard isPlain || (part.keepsOwners && file.kind != .socket) else { throw .unsupportedKind(path: file.path) }
        if kind(at: path) == .directory { throw .wrongKind(source: file.path, target: path) }
        try put(file, of: part, at: path)
    }

    private mutating func put(
        _ file: SourceFile, of part: CopyPart, at path: [UInt8], keepsMode: Bool = false
    ) throws(BuildError) {
        guard !path.isEmpty else { return }
        if LayerMarker.isName(path) {
            throw .markerName(path: file.path)
        }
        var metadata = file.metadata
        let change = keepsMode ? nil : request.mode
        let mode = change?.applied(to: file.mode, isDirectory: file.kind == .directory) ?? file.mode
        metadata.mode = file.kind == .symlink ? 0o777 : mode
        if !part.keepsOwners { (metadata.uid, metadata.gid) = (request.uid, request.gid) }
        let header = TarHeader(
            path: path, kind: file.kind, metadata, size: file.kind == .file ? file.size : 0,
            linkTarget: file.kind == .symlink ? file.linkTarget : [])
        let hasContent = file.kind == .file || file.kind == .directory
        entries[path] = CopyPlan.Entry(
            header: header, content: hasContent ? CopyPlan.Content(part: self.part, path: file.path) : nil)
        inodes[path] = file.kind == .file ? file.inode.map { Inode(part: self.part, file: $0) } : nil
    }

    /// Directories on the way that are missing: 0755, of the owner that all is given to.
    private mutating func addParents(of path: [UInt8]) throws(BuildError) {
        // Nearly always the one right above is there.
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), kind(at: Array(path[..<slash])) != .directory else { return }
        let parts = PathWalk.parts(path)
        for count in 1..<max(1, parts.count) {
            let parent = PathWalk.joined(parts[..<count])
            switch kind(at: parent) {
            case .directory?: continue
            case nil:
                entries[parent] = newDirectory(at: parent, mode: Self.newMode, mtimeSeconds: request.mtimeSeconds)
            default: throw .wrongKind(source: path, target: parent)
            }
        }
    }

    private static var newMode: UInt16 { 0o755 }

    /// The directory that takes what `folder` holds: as with every one that is made, neither its mode nor its owner is the source's.
    private func newDirectory(at path: [UInt8], like folder: SourceFile) -> CopyPlan.Entry {
        newDirectory(
            at: path, mode: request.mode?.applied(to: Self.newMode, isDirectory: true) ?? Self.newMode,
            mtimeSeconds: folder.metadata.mtimeSeconds)
    }

    private func newDirectory(at path: [UInt8], mode: UInt16, mtimeSeconds: Int64) -> CopyPlan.Entry {
        CopyPlan.Entry(
            header: TarHeader(
                path: path, kind: .directory, mode: mode, uid: request.uid, gid: request.gid, mtimeSeconds: mtimeSeconds),
            content: nil)
    }

    /// With `--parents`, the directories above `file` are what they are in the source.
    private mutating func addSourceParents(
        of file: SourceFile, of part: CopyPart, at path: [UInt8], below place: [UInt8]
    ) throws(BuildError) {
        var (from, to) = (PathWalk.parts(file.path), PathWalk.parts(path))
        let top = PathWalk.parts(place).count
        while from.count > 1, to.count > top + 1 {
            from.removeLast()
            to.removeLast()
            let parent = PathWalk.joined(to)
            guard target.entry(at: parent) == nil, let folder = try part.source.file(at: PathWalk.joined(from)) else { continue }
            try put(folder, of: part, at: parent)
        }
    }

    // MARK: Archives

    /// Lays all that the source holds over `place`: what is in the way is replaced, and directories become what they are in it.
    ///
    /// A directory that it has no entry for is the one that is there, also where a symlink leads to it.
    mutating func addArchive(_ part: CopyPart, at place: [UInt8]) throws(BuildError) {
        switch kind(at: place) {
        case .directory?: break
        case nil:
            try addParents(of: join(place, [UInt8(ascii: "x")]))
        default: throw .destinationIsNoDirectory(String(decoding: request.destination, as: UTF8.self))
        }
        var pending: [([UInt8], [UInt8])] = [([], place)]
        while let (from, to) = pending.popLast() {
            for child in try part.source.children(of: from) where child.kind != .socket {
                var path = join(to, Array(child.name))
                if child.isImplied {
                    path = try PathWalk.resolve(path, onto: target)
                    switch kind(at: path) {
                    case .directory?: break
                    case nil: entries[path] = newDirectory(at: path, mode: Self.newMode, mtimeSeconds: request.mtimeSeconds)
                    default: throw .wrongKind(source: child.path, target: path)
                    }
                } else {
                    // A mode that is asked for is that of files that are copied, not of what an archive holds.
                    try put(child, of: part, at: path, keepsMode: true)
                }
                if child.kind == .directory { pending.append((child.path, path)) }
            }
        }
    }

    private func join(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
        folder.isEmpty ? name : name.isEmpty ? folder : folder + [UInt8(ascii: "/")] + name
    }
}
