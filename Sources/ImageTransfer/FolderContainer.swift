import StorageIO
import SystemPackage

/// The files of an image layout on disk; every step is taken by descriptor and no symlink below the folder is followed.
final class FolderContainer: MemberContainer {
    let path: String
    private let root: Directory

    /// Opens the folder at `path`.
    init(path: String) throws(TransferError) {
        self.path = path
        do throws(StorageError) {
            root = try Directory.open(FilePath(path))
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    func find(_ name: String) throws(TransferError) -> Member? {
        do throws(StorageError) {
            guard let file = try open(name) else { return nil }
            let status = try file.status()
            guard status.kind == .file else { throw StorageError(.open, name, .notSupported) }
            return Member(name: name, offset: 0, size: status.sizeBytes)
        } catch {
            if error.isAbsent { return nil }
            throw .unreadable(path: "\(path)/\(name)", errno: error.errno.rawValue)
        }
    }

    func file(of member: Member) throws(TransferError) -> File {
        do throws(StorageError) {
            if let file = try open(member.name) { return file }
        } catch {
            throw .unreadable(path: "\(path)/\(member.name)", errno: error.errno.rawValue)
        }
        throw .missingMember(path: path, member: member.name)
    }

    private func open(_ name: String) throws(StorageError) -> File? {
        let parts = name.split(separator: "/").map(String.init)
        guard let last = parts.last, !parts.contains("..") else { return nil }
        var directory = root
        for part in parts.dropLast() { directory = try directory.directory(part) }
        return try directory.openFile(last)
    }
}
