package import StorageIO

/// One committed state of a bbolt file, in memory.
///
/// The engines hold a lock on their files for as long as they run, which keeps every other program with bbolt out. Plain reads need
/// no lock, and are consistent for this reason: pages are written anew and never over those that the last commit left in use, and
/// the meta page is written after them. So where both meta pages are the same bytes before and after the copy, every page that the
/// newer of them reaches is in the copy as that commit left it. The file is not mapped, since its pages would change under the map.
///
/// A value: a reader holds what it was given, whatever the engine does.
package struct BoltSnapshot: Sendable {
    /// The state's number, one more with each commit.
    package let transaction: UInt64
    /// Bytes of a page.
    package let pageSize: Int
    /// How many tries were in vain, since the file was written to meanwhile.
    package let vainTries: Int
    /// The bucket that holds all others.
    package let root: BoltBucket

    /// As many bytes as are kept of a file; an engine with a hundred thousand layers has a tenth of it.
    package static let maxBytes: Int64 = 1 << 30
    /// How often a file is copied before it is called busy.
    package static let maxTries = 50

    /// Reads the file `name`; nil where there is none.
    ///
    /// Nothing is locked, written or mapped, and no access time left behind where the system allows that.
    package static func read(
        _ name: String, in folder: Directory, limit: Int64 = maxBytes, tries: Int = maxTries
    ) throws(BoltError) -> BoltSnapshot? {
        let file: File?
        do throws(StorageError) { file = try folder.openFileQuietly(name) } catch { throw .storage(error) }
        guard let file else { return nil }
        return try BoltSnapshot(file, limit: limit, tries: tries)
    }

    /// Copies one state of `file`, of which it takes up to `limit` bytes, in as many tries.
    package init(_ file: File, limit: Int64 = maxBytes, tries: Int = maxTries) throws(BoltError) {
        var seen: BoltMeta.Pair?
        for vain in 0..<max(1, tries) {
            let before = try Self.storage { () throws(StorageError) in try BoltMeta.Pair(file) }
            guard let meta = before.newest else {
                // The same bytes twice are no commit under way.
                guard seen != before else { throw .notBolt(path: file.path) }
                seen = before
                continue
            }
            let bytes = try Self.copy(file, meta, limit: limit)
            guard try Self.storage({ () throws(StorageError) in try BoltMeta.Pair(file) }) == before else { continue }
            self = try BoltSnapshot(bytes, meta, vainTries: vain, path: file.path)
            return
        }
        throw .busy(path: file.path, tries: tries)
    }

    private init(_ bytes: [UInt8], _ meta: BoltMeta, vainTries: Int, path: String) throws(BoltError) {
        let pages: BoltPages
        do throws(BoltFault) { pages = try BoltPages(bytes, meta) } catch { throw .damaged(path: path, error) }
        transaction = meta.transaction
        pageSize = meta.pageSize
        self.vainTries = vainTries
        root = BoltBucket(pages, .tree(meta.root))
    }

    /// The bytes of all pages in use, fewer where the file ends before.
    private static func copy(_ file: File, _ meta: BoltMeta, limit: Int64) throws(BoltError) -> [UInt8] {
        let size = try storage { () throws(StorageError) in try file.status().sizeBytes }
        let (used, isOver) = meta.highWater.multipliedReportingOverflow(by: UInt64(meta.pageSize))
        let wanted = isOver ? size : min(size, Int64(clamping: used))
        guard wanted <= limit else { throw .tooLarge(path: file.path, bytes: wanted, limit: limit) }
        var failure: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(max(0, wanted))) { buffer, count in
            do throws(StorageError) {
                while count < buffer.count {
                    let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[count...]))
                    let got = try file.read(into: rest, at: Int64(count))
                    if got == 0 { break }
                    count += got
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw .storage(failure) }
        return bytes
    }

    private static func storage<T>(_ body: () throws(StorageError) -> T) throws(BoltError) -> T {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }
}
