import LayerArchive
import OCISpec

/// A digest over parts that cannot run into each other: each has its length before it.
struct StepKey {
    /// Changes whenever equal inputs would give another layer than before.
    private static let version = "1"

    private var hash = StreamHash()
    /// What is not hashed yet: few large pieces cost less than many small ones.
    private var pending: [UInt8] = []
    private static let pieceBytes = 32 << 10

    init(_ kind: String) {
        add(Self.version)
        add(kind)
    }

    mutating func add(_ bytes: [UInt8]) {
        add(Int64(bytes.count))
        pending += bytes
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ texts: [String]) {
        add(texts.count)
        for text in texts { add(text) }
    }

    mutating func add(_ number: Int) { add(Int64(number)) }

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { pending += $0 }
        if pending.count >= Self.pieceBytes { flush() }
    }

    private mutating func flush() {
        pending.withUnsafeBytes { hash.update($0) }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func add(_ number: UInt64) { add(Int64(bitPattern: number)) }

    mutating func add(_ layers: [BuildLayer]) {
        add(layers.count)
        for layer in layers { add(layer.diffID.description) }
    }

    func digest() -> Digest {
        var copy = self
        copy.flush()
        return copy.hash.digest()
    }
}

/// All files that a step takes in, listed once: what tells one set of inputs from another.
struct InputListing {
    private struct Item {
        let part: Int
        let file: SourceFile
        /// Where it goes, as far as the listing can tell.
        let relativePath: [UInt8]
    }

    private var items: [Item] = []
    private let parts: [CopyPart]

    /// The listing of all that `parts` mean, excluded files left out.
    init(_ parts: [CopyPart]) throws(BuildError) {
        self.parts = parts
        for (number, part) in parts.enumerated() {
            var directories: [Chosen] = []
            if case .archive = part.meaning {
                if let root = try part.source.file(at: []) { add(Chosen(root, [], []), number, part, &directories) }
            } else {
                for chosen in try part.chosen() {
                    add(Chosen(chosen.file, chosen.relativePath, chosen.base), number, part, &directories)
                }
            }
            // Level by level, so that many directories can be read at a time.
            while !directories.isEmpty {
                let children = try Self.children(of: directories.map(\.file.path), in: part.source)
                var below: [Chosen] = []
                for (directory, files) in zip(directories, children) {
                    let prefix = directory.path + [UInt8(ascii: "/")]
                    for file in files where file.kind != .socket {
                        add(Chosen(file, prefix + file.name, directory.base), number, part, &below)
                    }
                }
                directories = below
            }
        }
    }

    private struct Chosen {
        let file: SourceFile
        let path: [UInt8]
        let base: [UInt8]

        init(_ file: SourceFile, _ path: [UInt8], _ base: [UInt8]) {
            self.file = file
            self.path = path
            self.base = base
        }
    }

    private mutating func add(_ chosen: Chosen, _ number: Int, _ part: CopyPart, _ directories: inout [Chosen]) {
        if chosen.file.path.isEmpty || !part.isLeftOut(chosen.file.path, below: chosen.base) {
            items.append(Item(part: number, file: chosen.file, relativePath: chosen.path))
        }
        if chosen.file.kind == .directory { directories.append(chosen) }
    }

    /// What each of several directories holds.
    private static func children(
        of paths: [[UInt8]], in source: any CopySource
    ) throws(BuildError) -> [[SourceFile]] {
        do {
            return try Threads.concurrently(count: paths.count, workers: paths.count < 16 ? 1 : workerCount) {
                try source.children(of: paths[$0])
            }
        } catch let error as BuildError {
            throw error
        } catch {
            throw .unreadable(path: [], errno: 0)
        }
    }

    private static let workerCount = 4

    /// A digest of all there is to see without reading a file: it changes whenever a file may have changed.
    ///
    /// Nil where a source cannot tell, or where a file changed so lately that it may yet change without anybody seeing it: times
    /// are as coarse as the kernel's clock.
    func look(before moment: Timestamp) -> Digest? {
        let limit = (moment.seconds - 1) * 1_000_000_000 + Int64(moment.nanoseconds)
        var key = StepKey("look")
        for item in items {
            guard item.file.stamp != 0, item.file.changedAt < limit else { return nil }
            add(item, to: &key)
            key.add(item.file.stamp)
        }
        return key.digest()
    }

    /// A digest of what the files are, their times aside; `known` has hashes of contents that need not be read for it.
    func contents(_ known: [CopyPlan.Content: ContentHash] = [:]) throws(BuildError) -> Digest {
        var key = StepKey("contents")
        for item in items {
            add(item, to: &key)
            guard item.file.kind == .file else { continue }
            let place = CopyPlan.Content(part: item.part, path: item.file.path)
            guard let source = parts[item.part].source as? any FileSource else { continue }
            var hash = known[place]
            if hash == nil { hash = try source.contentHash(of: item.file.path) }
            key.add(hash?.low ?? 0)
            key.add(hash?.high ?? 0)
        }
        return key.digest()
    }

    private func add(_ item: Item, to key: inout StepKey) {
        let file = item.file
        key.add(item.part)
        key.add(item.relativePath)
        key.add(Int64(file.kind.rawValue) << 16 | Int64(file.mode))
        if parts[item.part].keepsOwners {
            key.add(file.uid)
            key.add(file.gid)
        }
        key.add(file.kind == .file ? file.size : 0)
        if file.kind == .symlink { key.add(file.linkTarget) }
        if file.device != 0 { key.add(file.device) }
        if let inode = file.inode { key.add(inode == 0 ? 0 : 1) }
    }
}
