package import LayerArchive
import OCISpec
import StorageIO

/// A file within an archive or an image layout: where its bytes are.
package struct Member: Hashable, Sendable {
    /// Its name in the container, links followed: bytes, so that no two names are one.
    package var name: [UInt8]
    /// Where its bytes start in the archive's file; 0 in a folder.
    package var offset: Int64
    /// Bytes.
    package var size: Int64
    /// The member as it is listed where it is sparse, so that its bytes are no range of the archive's file.
    package var sparse: ArchiveMember?
    /// Whether its bytes are made of other files while they are read, so that they are no range of any.
    package var isMade = false

    /// Its name as messages have it.
    package var title: String { String(decoding: name, as: UTF8.self) }
}

/// Named files, wherever they lie: the members of a tar, or a folder.
protocol MemberContainer: AnyObject, Sendable {
    /// What errors call the container.
    var path: String { get }
    /// How much of a document is read.
    var documents: DocumentLimits { get }
    /// What tells of which kind the container is.
    var signs: SourceSigns { get throws(TransferError) }
    /// The member of that name, links followed; `nil` when there is none.
    ///
    /// Names are compared by their bytes, without `.` and empty parts. `size` is how many bytes a descriptor says that it has.
    func find(_ name: String, size: Int64?) throws(TransferError) -> Member?
    /// The open file that holds the member's bytes.
    func file(of member: Member) throws(TransferError) -> File
    /// The member's bytes as a stream that keeps its file open.
    func source(of member: Member) throws(TransferError) -> any ByteSource
}

extension MemberContainer {
    var documents: DocumentLimits { .default }

    /// The member of that name, whatever its size.
    func find(_ name: String) throws(TransferError) -> Member? { try find(name, size: nil) }

    /// The member of that name; its absence is an error.
    func require(_ name: String, size: Int64? = nil) throws(TransferError) -> Member {
        guard let member = try find(name, size: size) else { throw .missingMember(path: path, member: name) }
        return member
    }

    /// All bytes of a document.
    func read(_ member: Member) throws(TransferError) -> [UInt8] {
        let limit = documents.maxBytes
        guard member.size <= limit else {
            throw .badDocument(path: path, member: member.title, .tooLarge(bytes: Int(clamping: member.size), limit: limit))
        }
        let source = try self.source(of: member)
        var bytes = [UInt8](repeating: 0, count: Int(member.size))
        var filled = 0
        while filled < bytes.count {
            let start = filled
            let outcome = bytes.withUnsafeMutableBytes { buffer -> Result<Int, LayerArchiveError> in
                do throws(LayerArchiveError) {
                    return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...])))
                } catch {
                    return .failure(error)
                }
            }
            do { filled += try outcome.get() } catch { throw .notAnArchive(path: path, error) }
        }
        return bytes
    }

    /// A range of the member's file.
    func source(of member: Member) throws(TransferError) -> any ByteSource {
        HeldSource(try file(of: member), offset: member.offset, length: member.size, name: "\(path): \(member.title)")
    }

    /// Decodes a JSON member.
    func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], member: String) throws(TransferError) -> T {
        do {
            return try decodeDocument(type, from: bytes, limits: documents)
        } catch {
            throw .badDocument(path: path, member: member, error)
        }
    }
}

/// A range of a file that stays open as long as somebody reads it.
final class HeldSource: ByteSource {
    private let file: File
    private let range: FileRangeSource

    init(_ file: File, offset: Int64, length: Int64, name: String) {
        self.file = file
        range = FileRangeSource(fd: file.fd, offset: offset, length: length, name: name)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        try range.read(into: buffer)
    }
}
