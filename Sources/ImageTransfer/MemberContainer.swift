import LayerArchive
import OCISpec
package import StorageIO

/// A file within an archive or an image layout: where its bytes are.
package struct Member: Hashable, Sendable {
    /// Its name in the container, links followed.
    package var name: String
    /// Where its bytes start in the archive's file; 0 in a folder.
    package var offset: Int64
    /// Bytes.
    package var size: Int64
}

/// Named files, wherever they lie: the members of a tar, or a folder.
package protocol MemberContainer: AnyObject, Sendable {
    /// What errors call the container.
    var path: String { get }
    /// The member of that name, links followed; `nil` when there is none.
    func find(_ name: String) throws(TransferError) -> Member?
    /// The open file that holds the member's bytes.
    func file(of member: Member) throws(TransferError) -> File
}

extension MemberContainer {
    /// The member of that name; its absence is an error.
    func require(_ name: String) throws(TransferError) -> Member {
        guard let member = try find(name) else { throw .missingMember(path: path, member: name) }
        return member
    }

    /// All bytes of a document.
    func read(_ member: Member) throws(TransferError) -> [UInt8] {
        let limit = DocumentLimits.default.maxBytes
        guard member.size <= limit else {
            throw .badDocument(path: path, member: member.name, .tooLarge(bytes: Int(clamping: member.size), limit: limit))
        }
        let source = try source(of: member)
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
            do throws(LayerArchiveError) { filled += try outcome.get() } catch { throw .notAnArchive(path: path, error) }
        }
        return bytes
    }

    /// The member's bytes as a stream that keeps its file open.
    func source(of member: Member) throws(TransferError) -> any ByteSource {
        HeldSource(try file(of: member), offset: member.offset, length: member.size, name: "\(path): \(member.name)")
    }

    /// Decodes a JSON member.
    func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], member: String) throws(TransferError) -> T {
        do throws(DocumentError) {
            return try decodeDocument(type, from: bytes)
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
