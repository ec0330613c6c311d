package import LayerArchive
package import StorageIO
import SystemPackage

/// A build context in a folder.
package struct ContextFolder: FileSource {
    private let tree: TreeReader

    /// The context of which `directory` is the root.
    package init(_ directory: Directory) { tree = TreeReader(directory) }

    /// The file right at `path`, looked up below the folder without following a symlink.
    package func file(at path: [UInt8]) throws(BuildError) -> SourceFile? {
        do {
            guard let item = try tree.item(at: path) else { return nil }
            return try file(item, at: path)
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    /// What the directory holds now, by name; a file that goes meanwhile is not among it.
    package func children(of path: [UInt8]) throws(BuildError) -> [SourceFile] {
        do {
            let items = try tree.items(of: path, prefix: path.isEmpty ? [] : path + [UInt8(ascii: "/")])
            // Numbers are cheaper to move than files.
            let order = items.indices.sorted { items[$0].name.precedes(items[$1].name) }
            var found: [SourceFile] = []
            found.reserveCapacity(items.count)
            for number in order { found.append(try file(items[number], at: items[number].name)) }
            return found
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    /// One value of all names and stamps at and below `path`; another build compares it instead of listing.
    package func look(of path: [UInt8], _ isLeftOut: (([UInt8]) -> Bool)?) throws(BuildError) -> FolderLook? {
        let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
        var look = FolderLook()
        do {
            try tree.visit(path) { name, item in
                let kind = EntryKind(fileMode: item.mode)
                if kind == .directory { look.directories.append(Array(name)) }
                if kind == .socket || isLeftOut?(prefix + name) == true { return }
                look.add(name, stamp: Self.stamp(item), changedAt: item.changedAt)
            }
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
        return look
    }

    /// The content of the regular file at `path`, opened now.
    package func open(_ path: [UInt8]) throws(BuildError) -> File {
        do { return try tree.file(at: path) } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    /// The hash of what the file holds now.
    package func contentHash(of path: [UInt8]) throws(BuildError) -> ContentHash {
        let file = try open(path)
        do throws(StorageError) {
            return try ContentHash { (buffer, offset) throws(StorageError) in try file.read(into: buffer, at: offset) }
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    /// The digest of the attributes that the file or directory has now.
    package func attributesDigest(of file: SourceFile) throws(BuildError) -> UInt64 {
        guard file.kind == .file || file.kind == .directory else { return 0 }
        do throws(StorageError) {
            let attributes = try tree.fileOrDirectory(at: file.path).attributes()
            return ExtendedAttribute.digest(of: attributes.sorted { $0.name.precedes($1.name) })
        } catch {
            throw .unreadable(path: file.path, errno: error.errno.rawValue)
        }
    }

    /// Contents that are opened one by one as they are asked for.
    package func contents(of paths: [[UInt8]]) -> any SourceContents { Contents(folder: self) }

    private struct Contents: SourceContents {
        let folder: ContextFolder

        func open(_ path: [UInt8]) throws -> SourceContent {
            do {
                let file = try folder.tree.fileOrDirectory(at: path)
                let xattrs = try file.attributes()
                return SourceContent(file: file, xattrs: xattrs)
            } catch {
                throw BuildError.unreadable(path: path, errno: error.errno.rawValue)
            }
        }
    }

    private func file(_ item: TreeItem, at path: [UInt8]) throws(StorageError) -> SourceFile {
        let kind = EntryKind(fileMode: item.mode)
        return SourceFile(
            path: path, kind: kind, FileMetadata(item), size: kind == .file ? item.status.sizeBytes : 0,
            linkTarget: kind == .symlink ? try tree.link(at: path) : [],
            inode: kind == .file && item.linkCount > 1 ? FileIdentity(device: item.device, inode: item.status.inode) : nil,
            stamp: Self.stamp(item),
            changedAt: item.changedAt)
    }

    /// Of inode and change time: a change of content or attributes gives another one.
    private static func stamp(_ item: TreeItem) -> UInt64 {
        let status = item.status
        // No array, which would be made for every file.
        let words = (
            item.device, status.inode, UInt64(bitPattern: status.changedSeconds), UInt64(bitPattern: status.changedNanoseconds)
        )
        return withUnsafeBytes(of: words) { ContentHash(of: $0).low }
    }
}

extension TreeItem {
    fileprivate var changedAt: Int64 { status.changedSeconds &* 1_000_000_000 &+ status.changedNanoseconds }
}
