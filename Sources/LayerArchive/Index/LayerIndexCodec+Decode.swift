import Glibc

extension LayerIndexCodec {
    /// The index that `bytes` hold.
    ///
    /// They may come from a file that another process damaged: every length is checked before it is used, and whatever
    /// does not fit is thrown on, never read past.
    package static func decode(_ bytes: [UInt8]) throws(RecordDecodeError) -> LayerIndex {
        let columns = try SealedRecord.open(bytes, version: version)
        var result: Result<LayerIndex, RecordDecodeError> = .failure(.damaged)
        columns.withUnsafeBytes { columns in
            do throws(RecordDecodeError) { result = .success(try read(columns)) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    private static func read(_ columns: UnsafeRawBufferPointer) throws(RecordDecodeError) -> LayerIndex {
        var reader = VarintReader(columns)
        // An entry takes a byte of flags at least.
        let count = try reader.readCount(upTo: columns.count)
        let pathBytes = try reader.readCount(upTo: SealedRecord.maxBytes)
        let linkBytes = try reader.readCount(upTo: SealedRecord.maxBytes)
        var flagSection = try reader.readSection()
        let flags = try flagSection.read(bytes: count)
        try flagSection.end()
        var index = LayerIndex()
        index.kinds = try kinds(flags)
        index.modes = try runs(&reader, count) { UInt16(exactly: $0) }
        index.uids = try runs(&reader, count) { Int64(bitPattern: $0) }
        index.gids = try runs(&reader, count) { Int64(bitPattern: $0) }
        index.mtimeNanoseconds = try runs(&reader, count) { UInt32(exactly: $0) }
        index.mtimeSeconds = try seconds(&reader, count)
        index.sizes = try sizes(&reader, count)
        index.contents = try contents(&reader, flags)
        index.xattrs = try numbers(&reader, flags, having: hasXattrs, VarintReader.word)
        index.devices = try numbers(&reader, flags, having: hasDevice, VarintReader.number)
        try readLinks(&reader, flags, linkBytes, &index)
        try readPaths(&reader, count, pathBytes, &index)
        if reader.remaining > 0 {
            var section = try reader.readSection()
            index.documents = try LayerDocuments(&section, count: count)
        }
        try reader.end()
        return index
    }

    private static func kinds(_ flags: UnsafeRawBufferPointer) throws(RecordDecodeError) -> [EntryKind] {
        var kinds = [EntryKind](repeating: .file, count: flags.count)
        for entry in flags.indices {
            guard let kind = EntryKind(rawValue: flags[entry] & 0x0F) else { throw .damaged }
            kinds[entry] = kind
        }
        return kinds
    }

    private static func runs<T: FixedWidthInteger>(
        _ reader: inout VarintReader, _ count: Int, _ convert: (UInt64) -> T?
    ) throws(RecordDecodeError) -> RunColumn<T> {
        var section = try reader.readSection()
        var values: RunColumn<T> = []
        while values.count < count {
            guard let value = convert(try section.read()) else { throw .damaged }
            let length = try section.readCount(upTo: count - values.count)
            guard length > 0 else { throw .damaged }
            values.append(value, count: length)
        }
        try section.end()
        return values
    }

    private static func seconds(_ reader: inout VarintReader, _ count: Int) throws(RecordDecodeError) -> [Int64] {
        var section = try reader.readSection()
        var values = [Int64](repeating: 0, count: count)
        var last: Int64 = 0
        for entry in values.indices {
            last &+= try section.readSigned()
            values[entry] = last
        }
        try section.end()
        return values
    }

    /// No size is negative, and their sum is no overflow, so `contentBytes` cannot trap.
    private static func sizes(_ reader: inout VarintReader, _ count: Int) throws(RecordDecodeError) -> [Int64] {
        var section = try reader.readSection()
        var values = [Int64](repeating: 0, count: count)
        var sum: Int64 = 0
        for entry in values.indices {
            let value = Int64(try section.readCount(upTo: .max))
            let (next, isOver) = sum.addingReportingOverflow(value)
            guard !isOver else { throw .damaged }
            sum = next
            values[entry] = value
        }
        try section.end()
        return values
    }

    private static func contents(
        _ reader: inout VarintReader, _ flags: UnsafeRawBufferPointer
    ) throws(RecordDecodeError) -> [ContentHash] {
        var section = try reader.readSection()
        var values = [ContentHash](repeating: ContentHash(), count: flags.count)
        for entry in flags.indices where flags[entry] & hasContent != 0 {
            values[entry] = ContentHash(low: try section.readWord(), high: try section.readWord())
        }
        try section.end()
        return values
    }

    private static func numbers(
        _ reader: inout VarintReader, _ flags: UnsafeRawBufferPointer, having flag: UInt8,
        _ read: (inout VarintReader) throws(RecordDecodeError) -> UInt64
    ) throws(RecordDecodeError) -> RunColumn<UInt64> {
        var section = try reader.readSection()
        var values: RunColumn<UInt64> = []
        for entry in flags { values.append(entry & flag == 0 ? 0 : try read(&section)) }
        try section.end()
        return values
    }

    private static func readLinks(
        _ reader: inout VarintReader, _ flags: UnsafeRawBufferPointer, _ total: Int, _ index: inout LayerIndex
    ) throws(RecordDecodeError) {
        var lengths = try reader.readSection()
        var section = try reader.readSection()
        let bytes = try section.read(bytes: total)
        try section.end()
        var ends: RunColumn<Int> = []
        var end = 0
        for entry in flags {
            if entry & hasLink != 0 { end += try lengths.readCount(upTo: total - end) }
            ends.append(end)
        }
        try lengths.end()
        guard end == total else { throw .damaged }
        index.linkBytes = Array(bytes)
        index.linkEnds = ends
    }

    private static func readPaths(
        _ reader: inout VarintReader, _ count: Int, _ total: Int, _ index: inout LayerIndex
    ) throws(RecordDecodeError) {
        var prefixes = try reader.readSection()
        var lengths = try reader.readSection()
        var suffixes = try reader.readSection()
        var ends = [Int](repeating: 0, count: count)
        var shared = [Int](repeating: 0, count: count)
        var end = 0
        var last = 0
        var suffixBytes = 0
        for entry in 0..<count {
            shared[entry] = try prefixes.readCount(upTo: last)
            let rest = try lengths.readCount(upTo: suffixes.remaining - suffixBytes)
            guard shared[entry] + rest <= total - end else { throw .damaged }
            suffixBytes += rest
            last = shared[entry] + rest
            end += last
            ends[entry] = end
        }
        try prefixes.end()
        try lengths.end()
        guard end == total, suffixBytes == suffixes.remaining else { throw .damaged }
        // All lengths fit: only now is there memory for the paths, and nothing of the copy can go wrong.
        index.pathBytes = copyPaths(try suffixes.read(bytes: suffixBytes), shared, ends, total)
        index.pathEnds = ends
    }

    private static func copyPaths(_ suffixes: UnsafeRawBufferPointer, _ shared: [Int], _ ends: [Int], _ total: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: total) { target, count in
            count = total
            guard let base = target.baseAddress, var source = suffixes.baseAddress else { return }
            var lastStart = 0
            var start = 0
            for entry in ends.indices {
                let same = shared[entry]
                let rest = ends[entry] - start - same
                memcpy(base + start, base + lastStart, same)
                memcpy(base + start + same, source, rest)
                source += rest
                lastStart = start
                start = ends[entry]
            }
        }
    }
}

extension VarintReader {
    fileprivate static func word(_ reader: inout VarintReader) throws(RecordDecodeError) -> UInt64 {
        try reader.readWord()
    }

    fileprivate static func number(_ reader: inout VarintReader) throws(RecordDecodeError) -> UInt64 {
        try reader.read()
    }
}
