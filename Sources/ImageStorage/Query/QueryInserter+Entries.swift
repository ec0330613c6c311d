package import LayerArchive

/// What became of an entry in the image, as the table `entry` tells it.
package struct QueryEntryFate: Sendable {
    /// Whether what it stores shows somewhere; nil for what stores nothing of its own.
    package var isVisible: Bool?
    /// What took the entry's last name, in the words of the table; nil where nothing is wasted.
    package var wastedCause: StaticString?
    /// The layer that took it, counted from 0; nil where the entry shows.
    package var hiddenBy: Int64?

    /// A fate from its parts.
    package init(isVisible: Bool? = nil, wastedCause: StaticString? = nil, hiddenBy: Int64? = nil) {
        self.isVisible = isVisible
        self.wastedCause = wastedCause
        self.hiddenBy = hiddenBy
    }
}

extension QueryInserter {
    /// The inserter of the table `entry`.
    package static func entries(of database: QueryDatabase) throws(QueryError) -> QueryInserter {
        try QueryInserter(database, into: "entry", columns: 20)
    }

    /// The inserter of the table `file`.
    package static func files(of database: QueryDatabase) throws(QueryError) -> QueryInserter {
        try QueryInserter(database, into: "file", columns: 9)
    }

    /// Adds all entries of a layer; `escape` makes text of a path that is not UTF-8.
    package func add(
        _ index: LayerIndex, image: Int64, layer: Int64, fate: (_ entry: Int) -> QueryEntryFate, escape: ([UInt8]) -> String
    ) throws(QueryError) {
        var failure: QueryError?
        index.pathBytes.withUnsafeBytes { paths in
            index.linkBytes.withUnsafeBytes { links in
                for entry in 0..<index.count {
                    bind(image)
                    bind(layer)
                    bind(Int64(entry))
                    bind(path: UnsafeRawBufferPointer(rebasing: paths[index.pathRange(entry)]), escape)
                    bindNumbers(index, entry)
                    let link = index.linkRange(entry)
                    bind(text: link.isEmpty ? nil : UnsafeRawBufferPointer(rebasing: links[link]), escape)
                    bind(hashOf: index, entry)
                    bind(index.devices[entry] == 0 ? nil : Int64(bitPattern: index.devices[entry]))
                    bind(index.kinds[entry] == .whiteout ? 1 : 0)
                    bind(index.kinds[entry] == .opaque ? 1 : 0)
                    let fate = fate(entry)
                    bind(fate.isVisible.map { $0 ? 1 : 0 })
                    bind(static: fate.wastedCause)
                    bind(fate.hiddenBy)
                    do throws(QueryError) { try step() } catch {
                        failure = error
                        return
                    }
                }
            }
        }
        if let failure { throw failure }
    }

    /// A path as text, and its bytes where the text is not exact.
    package func bind(path: [UInt8], _ escape: ([UInt8]) -> String) {
        path.withUnsafeBytes { bind(path: $0, escape) }
    }

    /// Text that need not be UTF-8, or null where there is none.
    package func bind(text: [UInt8], _ escape: ([UInt8]) -> String) {
        text.withUnsafeBytes { bind(text: text.isEmpty ? nil : $0, escape) }
    }

    /// The word for a kind of entry.
    package func bind(_ kind: EntryKind) {
        bind(static: kind.word)
    }

    private func bind(path: UnsafeRawBufferPointer, _ escape: ([UInt8]) -> String) {
        if Self.isUTF8(path) {
            bind(utf8: path)
            bind(blob: nil)
        } else {
            bind(escape(Array(path)))
            bind(blob: path)
        }
    }

    private func bind(text: UnsafeRawBufferPointer?, _ escape: ([UInt8]) -> String) {
        guard let text else { return bind(nil as Int64?) }
        if Self.isUTF8(text) { bind(utf8: text) } else { bind(escape(Array(text))) }
    }

    private func bindNumbers(_ index: LayerIndex, _ entry: Int) {
        bind(index.kinds[entry])
        bind(Int64(index.modes[entry]))
        bind(index.uids[entry])
        bind(index.gids[entry])
        bind(index.sizes[entry])
        bind(index.mtimeSeconds[entry])
        bind(Int64(index.mtimeNanoseconds[entry]))
    }

    /// 32 hexadecimal digits for a regular file, else null.
    private func bind(hashOf index: LayerIndex, _ entry: Int) {
        guard index.kinds[entry] == .file else { return bind(nil as Int64?) }
        let hash = index.contents[entry]
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            for (half, word) in [hash.high, hash.low].enumerated() {
                for digit in 0..<16 {
                    let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * digit)) & 15
                    buffer[half * 16 + digit] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                }
            }
            bind(utf8: UnsafeRawBufferPointer(buffer))
        }
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }
}
