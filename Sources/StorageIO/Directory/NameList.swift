import CLinux
import Glibc
import SystemPackage

/// The names in a directory but `.` and `..`: raw bytes, in no particular order, in one buffer for all of them.
///
/// Folders of blobs have a hundred thousand names, and a heap block for each of them would cost more than to look at its file.
struct NameList: Sendable {
    /// Each name with a zero at its end, as the system takes it.
    private var bytes: [CChar] = []
    /// Where each name begins.
    private var starts: [Int] = []

    /// Reads the names in the directory `fd`; `path` is for errors.
    ///
    /// Names that come or go meanwhile may or may not be among them.
    init(_ fd: Int32, _ path: @autoclosure () -> String) throws(StorageError) {
        // Opened anew, since reading moves an offset that a duplicate of the descriptor would share.
        let copy = try check(.list, path()) { openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { _ = close(copy) }
        try self.init(alone: copy, path())
    }

    /// The same of a descriptor that nobody else reads names by; its offset moves.
    ///
    /// getdents(2), in place of a stream that costs three more calls and a block on the heap for every directory of a walk.
    init(alone fd: Int32, _ path: @autoclosure () -> String) throws(StorageError) {
        let reason = withUnsafeTemporaryAllocation(byteCount: Self.bufferBytes, alignment: 8) { buffer -> Errno? in
            while true {
                let count = getdents64(fd, buffer.baseAddress, buffer.count)
                if count == 0 { return nil }
                if count < 0 {
                    if errno == EINTR { continue }
                    return Errno(rawValue: errno)
                }
                guard add(entries: UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return .ioError }
            }
        }
        if let reason { throw StorageError(.list, path(), reason) }
    }

    private static let bufferBytes = 32 << 10

    /// Adds the names of entries as the kernel lays them out (`struct linux_dirent64`): 16 bytes, the entry's length, its kind, its name
    /// and a zero; false where they are not laid out so.
    private mutating func add(entries: UnsafeRawBufferPointer) -> Bool {
        let headBytes = 19
        var place = 0
        while place < entries.count {
            guard place + headBytes < entries.count else { return false }
            let length = Int(entries.loadUnaligned(fromByteOffset: place + 16, as: UInt16.self))
            guard length > headBytes, place + length <= entries.count else { return false }
            add(UnsafeRawBufferPointer(rebasing: entries[(place + headBytes)..<(place + length)]).bindMemory(to: CChar.self))
            place += length
        }
        return true
    }

    /// No names.
    init() {}

    /// These names.
    init(_ names: [String]) {
        for var name in names {
            starts.append(bytes.count)
            name.withUTF8 { $0.withMemoryRebound(to: CChar.self) { bytes.append(contentsOf: $0) } }
            bytes.append(0)
        }
    }

    private mutating func add(_ field: UnsafeBufferPointer<CChar>) {
        guard let start = field.baseAddress else { return }
        let length = strnlen(start, field.count)
        if start[0] == Self.dot, length == 1 || length == 2 && start[1] == Self.dot { return }
        starts.append(bytes.count)
        bytes.append(contentsOf: UnsafeBufferPointer(start: start, count: length))
        bytes.append(0)
    }

    private static let dot = CChar(UInt8(ascii: "."))

    /// How many there are.
    var count: Int { starts.count }

    /// A name without the zero.
    subscript(place: Int) -> [UInt8] { withBytes(of: place) { Array($0) } }

    /// All names, each by itself.
    var all: [[UInt8]] { starts.indices.map { self[$0] } }

    /// Calls `body` with a name's bytes, without the zero.
    func withBytes<T>(of place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
        let end = (place + 1 < starts.count ? starts[place + 1] : bytes.count) - 1
        return bytes.withUnsafeBytes { buffer in
            body(UnsafeBufferPointer(rebasing: buffer.bindMemory(to: UInt8.self)[starts[place]..<end]))
        }
    }
}

extension NameList {
    /// What stands under a name.
    enum Look: Sendable {
        case found(FileStatus)
        case failed(Errno)

        /// The status, or the error about the path below `root`.
        func status(_ root: String, _ path: @autoclosure () -> [UInt8]) throws(StorageError) -> FileStatus {
            switch self {
            case .found(let status): return status
            case .failed(let reason): throw StorageError(.status, root.appendingPath(path().messageText), reason)
            }
        }
    }

    /// What stands under the names at these places of the directory `fd`, in their order; symlinks are not followed.
    ///
    /// With many names all cores look: the kernel finds names of one directory side by side.
    func looks(_ places: Range<Int>, in fd: Int32) -> [Look] {
        madeTogether(places.count) { look(places.lowerBound + $0, in: fd) }
    }

    private func look(_ place: Int, in fd: Int32) -> Look {
        var raw = stat()
        return bytes.withUnsafeBufferPointer { buffer in
            // With a place there is a name.
            guard let names = buffer.baseAddress else { return .failed(.noSuchFileOrDirectory) }
            while true {
                if fstatat(fd, names + starts[place], &raw, AT_SYMLINK_NOFOLLOW) == 0 { return .found(FileStatus(raw)) }
                if errno != EINTR { return .failed(Errno(rawValue: errno)) }
            }
        }
    }
}
