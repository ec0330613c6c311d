import LayerArchive
import OCISpec
import StorageIO

/// All files that a step takes in, listed once: what tells one set of inputs from another.
struct InputListing: Sendable {
    private var groups: [Group] = []
    private let parts: [CopyPart]

    /// The listing of all that `parts` mean, excluded files left out.
    init(_ parts: [CopyPart]) throws(BuildError) {
        self.parts = parts
        for (number, part) in parts.enumerated() {
            var directories: [Chosen] = []
            for chosen in try Self.chosen(part) {
                let isLeftOut = !chosen.file.path.isEmpty && part.isLeftOut(chosen.file.path, below: chosen.base)
                if !isLeftOut {
                    groups.append(Group(chosen, number))
                }
                if chosen.file.kind == .directory { directories.append(chosen) }
            }
            // Level by level, so that many directories can be read at a time.
            while !directories.isEmpty {
                let listed = try Self.list(directories, number, part)
                groups += listed.map(\.group)
                directories = listed.flatMap(\.below)
            }
        }
    }

    /// A file or directory that is meant by itself, or a directory below one.
    private struct Chosen: Sendable {
        let file: SourceFile
        /// Where it goes, as far as the listing can tell.
        let path: [UInt8]
        let base: [UInt8]

        /// A directory in it, of which the name alone is known.
        func child(_ name: [UInt8]) -> Chosen {
            let file = SourceFile(
                path: self.file.path.isEmpty ? name : self.file.path + [InputListing.slash] + name, kind: .directory,
                FileMetadata(mode: 0))
            return Chosen(file: file, path: path + [InputListing.slash] + name, base: base)
        }
    }

    private static func chosen(_ part: CopyPart) throws(BuildError) -> [Chosen] {
        if case .archive = part.meaning {
            return try part.source.file(at: []).map { [Chosen(file: $0, path: [], base: [])] } ?? []
        }
        return try part.chosen().map { Chosen(file: $0.file, path: $0.relativePath, base: $0.base) }
    }

    // MARK: Listing

    /// What a directory holds.
    private struct Listed: Sendable {
        let group: Group
        let below: [Chosen]
    }

    private static let workerCount = 4
    private static let slash = UInt8(ascii: "/")

    private static func list(_ directories: [Chosen], _ number: Int, _ part: CopyPart) throws(BuildError) -> [Listed] {
        try each(of: directories) { directory throws(BuildError) in try list(directory, number, part) }
    }

    /// Does something for each directory, for several at a time where there are enough of them.
    private static func each<Folder: Sendable, T: Sendable>(
        of folders: [Folder], _ body: @Sendable (Folder) throws(BuildError) -> T
    ) throws(BuildError) -> [T] {
        do {
            return try Threads.concurrently(count: folders.count, workers: folders.count < 16 ? 1 : workerCount) {
                try body(folders[$0])
            }
        } catch let error as BuildError {
            throw error
        } catch {
            throw .unreadable(path: [], errno: 0)
        }
    }

    private static func list(_ directory: Chosen, _ number: Int, _ part: CopyPart) throws(BuildError) -> Listed {
        let place = directory.file.path
        let prefix = directory.path + [slash]
        var files = try part.source.children(of: place)
        let below = files.filter { $0.kind == .directory }.map { file in
            Chosen(file: file, path: prefix + file.name, base: directory.base)
        }
        files.removeAll { $0.kind == .socket || part.isLeftOut($0.path, below: directory.base) }
        return Listed(
            group: Group(part: number, prefix: prefix, dropped: place.isEmpty ? 0 : place.count + 1, files: files), below: below)
    }

    /// Files of one place: one that is meant by itself, or what a directory holds.
    private struct Group: Sendable {
        let part: Int
        /// What stands before each file's path where that goes, the path taken without its first `dropped` bytes.
        let prefix: [UInt8]
        let dropped: Int
        let files: [SourceFile]
        init(part: Int, prefix: [UInt8], dropped: Int, files: [SourceFile]) {
            self.part = part
            self.prefix = prefix
            self.dropped = dropped
            self.files = files
        }

        /// One that is meant by itself.
        init(_ chosen: Chosen, _ part: Int) {
            self.init(part: part, prefix: chosen.path, dropped: chosen.file.path.count, files: [chosen.file])
        }

        var look: FolderLook {
            var look = FolderLook()
            for file in files { look.add(file, dropping: dropped) }
            return look
        }

        func relativePath(_ file: SourceFile) -> [UInt8] { prefix + file.path[dropped...] }
    }

    // MARK: Looks

    /// A digest of all there is to see without reading a file: it changes whenever a file may have changed.
    ///
    /// Nil where a source cannot tell, or where a file changed so lately that it may yet change without anybody seeing it: times
    /// are as coarse as the kernel's clock.
    func look(before moment: Timestamp) -> Digest? {
        var looks = Looks(before: moment)
        for group in groups { looks.add(group.look, group.part, group.prefix) }
        return looks.digest
    }

    /// The same without a listing, which takes several times as long; nil also where a source has no such way.
    static func look(of parts: [CopyPart], before moment: Timestamp) throws(BuildError) -> Digest? {
        var looks = Looks(before: moment)
        for (number, part) in parts.enumerated() {
            var directories: [Chosen] = []
            for chosen in try chosen(part) {
                let isLeftOut = !chosen.file.path.isEmpty && part.isLeftOut(chosen.file.path, below: chosen.base)
                if !isLeftOut { looks.add(Group(chosen, number).look, number, chosen.path) }
                if chosen.file.kind == .directory { directories.append(chosen) }
            }
            while !directories.isEmpty {
                let seen = try each(of: directories) { directory throws(BuildError) in
                    try part.source.look(
                        of: directory.file.path,
                        part.leavesOut ? { part.isLeftOut($0, below: directory.base) } : nil)
                }
                var below: [Chosen] = []
                for (directory, look) in zip(directories, seen) {
                    guard let look, looks.add(look, number, directory.path + [slash]) else { return nil }
                    below += look.directories.sorted { $0.precedes($1) }.map { directory.child($0) }
                }
                directories = below
            }
        }
        return looks.digest
    }

    /// Looks put together.
    private struct Looks {
        private var key = StepKey("looks")
        private let limit: Int64
        private var isFine = true

        init(before moment: Timestamp) { limit = (moment.seconds - 1) * 1_000_000_000 + Int64(moment.nanoseconds) }

        /// Nil once something could not be told.
        var digest: Digest? { isFine ? key.digest() : nil }

        @discardableResult
        mutating func add(_ look: FolderLook, _ part: Int, _ prefix: [UInt8]) -> Bool {
            isFine = isFine && look.isWhole && look.changedAt < limit
            key.add(part)
            key.add(prefix)
            look.add(to: &key)
            return isFine
        }
    }

    // MARK: Contents

    /// What is read of a file: the hash of its content, where it has one, and the digest of its extended attributes.
    struct Reading: Sendable {
        let hash: ContentHash?
        let attributes: UInt64
    }

    /// A digest of what the files are, their times aside; `known` has what need not be read for it.
    func contents(_ known: [CopyPlan.Content: Reading] = [:]) throws(BuildError) -> Digest {
        var key = StepKey("contents")
        var inodes: [FileIdentity: Int] = [:]
        let readings = try Self.each(of: groups) { group throws(BuildError) in try self.readings(of: group, known) }
        for (group, readings) in zip(groups, readings) {
            for (file, reading) in zip(group.files, readings) {
                add(file, group, &inodes, to: &key)
                key.add(reading.attributes)
                guard let hash = reading.hash else { continue }
                key.add(hash.low)
                key.add(hash.high)
            }
        }
        return key.digest()
    }

    private func readings(of group: Group, _ known: [CopyPlan.Content: Reading]) throws(BuildError) -> [Reading] {
        let source = parts[group.part].source
        var readings: [Reading] = []
        for file in group.files {
            if !known.isEmpty, let reading = known[CopyPlan.Content(part: group.part, path: file.path)] {
                readings.append(reading)
                continue
            }
            let hash = file.kind == .file ? try (source as? any FileSource)?.contentHash(of: file.path) : nil
            readings.append(Reading(hash: hash, attributes: try source.attributesDigest(of: file)))
        }
        return readings
    }

    private func add(_ file: SourceFile, _ group: Group, _ inodes: inout [FileIdentity: Int], to key: inout StepKey) {
        key.add(group.part)
        key.add(group.relativePath(file))
        key.add(Int64(file.kind.rawValue) << 16 | Int64(file.mode))
        key.add(file.isImplied ? 1 : 0)
        if parts[group.part].keepsOwners {
            key.add(file.uid)
            key.add(file.gid)
        }
        key.add(file.kind == .file ? file.size : 0)
        if file.kind == .symlink { key.add(file.linkTarget) }
        if file.device != 0 { key.add(file.device) }
        // Which names are one file's.
        if let inode = file.inode {
            let number = inodes[inode] ?? inodes.count
            inodes[inode] = number
            key.add(number)
        }
    }
}
