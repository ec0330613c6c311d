import LayerArchive

/// What there is to see of a directory's files without reading them: their names and stamps, in whatever order they come.
package struct FolderLook: Sendable {
    private var count = 0
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// Whether every file has a stamp.
    private(set) var isWhole = true
    /// When the file that changed last did so: nanoseconds since 1970.
    private(set) var changedAt: Int64 = 0
    /// The names of the directories in it, those that are left out among them.
    package var directories: [[UInt8]] = []

    /// The look of an empty directory.
    package init() {}

    /// Adds a file.
    package mutating func add(_ name: UnsafeRawBufferPointer, stamp: UInt64, changedAt time: Int64) {
        if stamp == 0 { isWhole = false }
        changedAt = max(changedAt, time)
        let hash = withUnsafeTemporaryAllocation(byteCount: name.count + 8, alignment: 8) { bytes in
            bytes.storeBytes(of: stamp.littleEndian, as: UInt64.self)
            UnsafeMutableRawBufferPointer(rebasing: bytes[8...]).copyMemory(from: name)
            return ContentHash(of: UnsafeRawBufferPointer(bytes))
        }
        // A sum is the same in every order, and no name is there twice.
        count += 1
        low &+= hash.low
        high &+= hash.high
    }

    /// Adds a listed file; the first `dropped` bytes of its path are not part of its name.
    mutating func add(_ file: SourceFile, dropping dropped: Int) {
        file.path[dropped...].withUnsafeBytes { add($0, stamp: file.stamp, changedAt: file.changedAt) }
    }

    func add(to key: inout StepKey) {
        key.add(count)
        key.add(low)
        key.add(high)
    }
}
