package import LayerArchive

/// Findings as bytes, for the catalog.
package enum TreeFindingsCodec {
    /// The format and the rules: to be raised whenever a figure, a hint's rule or this layout changes.
    package static let version: UInt8 = 1

    /// The findings as a sealed record.
    package static func encode(_ findings: TreeFindings) -> [UInt8] {
        var out = FindingsWriter()
        out.list(findings.layers) { $0.layer($1) }
        out.number(findings.visibleBytes)
        out.list(findings.wasteBytes) { $0.number($1) }
        out.list(findings.wastedPaths) { $0.wastedPath($1) }
        out.list(findings.duplicates) { $0.duplicate($1) }
        out.list(findings.hints) { $0.hint($1) }
        return SealedRecord.seal(out.bytes, version: version)
    }

    /// The findings of a record; anything that does not fit is an error.
    package static func decode(_ bytes: [UInt8]) throws(RecordDecodeError) -> TreeFindings {
        let payload = try SealedRecord.open(bytes, version: version)
        var result: Result<TreeFindings, RecordDecodeError> = .failure(.damaged)
        payload.withUnsafeBytes { payload in
            do throws(RecordDecodeError) {
                var reader = FindingsReader(payload)
                result = .success(try reader.findings())
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}

/// Writes the parts of findings; a path is what it shares with the path before it, and the rest.
private struct FindingsWriter {
    private var out = VarintWriter()
    private var lastPath: [UInt8] = []

    var bytes: [UInt8] { out.bytes }

    mutating func list<T>(_ items: [T], _ write: (inout FindingsWriter, T) -> Void) {
        out.write(UInt64(items.count))
        for item in items { write(&self, item) }
    }

    mutating func number(_ value: Int64) { out.write(UInt64(bitPattern: value)) }
    mutating func number(_ value: Int) { number(Int64(value)) }

    mutating func path(_ path: [UInt8]) {
        var shared = 0
        while shared < min(path.count, lastPath.count), path[shared] == lastPath[shared] { shared += 1 }
        number(shared)
        number(path.count - shared)
        out.write(contentsOf: path[shared...])
        lastPath = path
    }

    mutating func layer(_ layer: LayerFigures) {
        for count in [layer.entryCount, layer.addedCount, layer.modifiedCount, layer.removedCount] { number(count) }
        for bytes in [layer.contentBytes, layer.hiddenBytes, layer.hidesBytes] { number(bytes) }
    }

    mutating func wastedPath(_ wasted: WastedPath) {
        path(wasted.path)
        number(wasted.wastedBytes)
        number(wasted.copies)
        list(wasted.causes) { out, cause in
            out.number(Int(cause.cause.rawValue))
            out.number(cause.bytes)
        }
        list(wasted.layers) { $0.number($1) }
        list(wasted.hiddenBy) { $0.number($1) }
    }

    mutating func duplicate(_ group: DuplicateGroup) {
        number(group.bytes)
        number(group.copies)
        list(group.paths) { $0.path($1) }
    }

    mutating func hint(_ hint: Hint) {
        path(Array(hint.rule.utf8))
        path(Array(hint.advice.utf8))
        number(hint.layer)
        number(hint.bytes)
        list(hint.paths) { $0.path($1) }
    }
}

/// Reads what `FindingsWriter` wrote.
private struct FindingsReader {
    private var reader: VarintReader
    private var lastPath: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer) { reader = VarintReader(bytes) }

    mutating func findings() throws(RecordDecodeError) -> TreeFindings {
        let findings = TreeFindings(
            layers: try list { (reader) throws(RecordDecodeError) in try reader.layer() },
            visibleBytes: try bytes(),
            wasteBytes: try list { (reader) throws(RecordDecodeError) in try reader.bytes() },
            wastedPaths: try list { (reader) throws(RecordDecodeError) in try reader.wastedPath() },
            duplicates: try list { (reader) throws(RecordDecodeError) in try reader.duplicate() },
            hints: try list { (reader) throws(RecordDecodeError) in try reader.hint() })
        try reader.end()
        guard findings.wasteBytes.count == WasteCause.allCases.count else { throw .damaged }
        return findings
    }

    private mutating func list<T>(
        _ read: (inout FindingsReader) throws(RecordDecodeError) -> T
    ) throws(RecordDecodeError) -> [T] {
        // Every item has a byte at least, so a damaged count cannot ask for more than there is.
        let count = try reader.readCount(upTo: reader.remaining)
        var items: [T] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try read(&self)) }
        return items
    }

    private mutating func bytes() throws(RecordDecodeError) -> Int64 { Int64(bitPattern: try reader.read()) }
    private mutating func count() throws(RecordDecodeError) -> Int { Int(try bytes()) }

    private mutating func path() throws(RecordDecodeError) -> [UInt8] {
        let shared = try reader.readCount(upTo: lastPath.count)
        let rest = try reader.read(bytes: try reader.readCount(upTo: reader.remaining))
        lastPath.removeLast(lastPath.count - shared)
        lastPath.append(contentsOf: rest)
        return lastPath
    }

    private mutating func layer() throws(RecordDecodeError) -> LayerFigures {
        var layer = LayerFigures()
        layer.entryCount = try count()
        layer.addedCount = try count()
        layer.modifiedCount = try count()
        layer.removedCount = try count()
        layer.contentBytes = try bytes()
        layer.hiddenBytes = try bytes()
        layer.hidesBytes = try bytes()
        return layer
    }

    private mutating func wastedPath() throws(RecordDecodeError) -> WastedPath {
        WastedPath(
            path: try path(), wastedBytes: try bytes(), copies: try count(),
            causes: try list { (reader) throws(RecordDecodeError) in try reader.cause() },
            layers: try list { (reader) throws(RecordDecodeError) in try reader.count() },
            hiddenBy: try list { (reader) throws(RecordDecodeError) in try reader.count() })
    }

    private mutating func cause() throws(RecordDecodeError) -> CauseBytes {
        guard let cause = WasteCause(rawValue: UInt8(clamping: try reader.read())) else { throw .damaged }
        return CauseBytes(cause: cause, bytes: try bytes())
    }

    private mutating func duplicate() throws(RecordDecodeError) -> DuplicateGroup {
        DuplicateGroup(
            bytes: try bytes(), copies: try count(),
            paths: try list { (reader) throws(RecordDecodeError) in try reader.path() })
    }

    private mutating func hint() throws(RecordDecodeError) -> Hint {
        let rule = String(decoding: try path(), as: UTF8.self)
        let advice = String(decoding: try path(), as: UTF8.self)
        let layer = try count()
        let bytes = try bytes()
        let paths = try list { (reader) throws(RecordDecodeError) in try reader.path() }
        return Hint(rule: rule, paths: paths, bytes: bytes, layer: layer, advice: advice)
    }
}
