import CLinux
import Glibc
package import LayerArchive
import StorageIO
import SystemPackage
import TextValues

/// Trees as tars, here or in a container.
package enum TreeCopy {
    /// What cannot be copied.
    package enum Problem: Error {
        /// There is nothing at the path.
        case absent(String)
        /// A directory is to take the place of a file, or a file that of a directory.
        case wrongKind(String)
        /// The symlinks of the path form a loop.
        case symlinkLoop(String)
        /// An ID that no user or group can have.
        case badOwner(String, Int64)
        /// A name in a tar that leads out of it.
        case leadsOut(String)
        /// The container may not write there.
        case readOnly(String)
        /// Something covers the place while the container runs, and what would be written there is not in that.
        case mountedWhileRunning(String)
        /// The kernel does not show the container's mounts; the system's reason.
        case mountsNotShown(errno: Int32)
        /// The container's command has not begun, so that nobody knows what it sees.
        case notBegun
    }

    /// What stands at the top of a tar that is to be placed.
    package enum Top: String, Sendable, Codable {
        /// What is copied: it goes into a directory that is there, else it gets the target's name.
        case named = "place"
        /// The directory whose contents are copied: these go into the target.
        case leftOut = "fill"
        /// Contents of a root, which has no name: they go into the target.
        case nameless = "spill"
        /// Anything, since the tar is somebody's own: it goes into a directory that is there.
        case unknown = "extract"
    }

    /// Whether a path means the root, of which a tar has no name.
    package static func isRoot(_ path: String) -> Bool { PathWalk.cleaned(Array(path.utf8)).isEmpty }

    /// Writes what is at an absolute path as a tar, the path's last part on top; a symlink there is followed only with
    /// `followsTop`.
    ///
    /// Of what is below, that is written which is kept; directories that are passed over are written as empty ones.
    package static func read(
        _ path: String, followsTop: Bool, passingOver passedOver: Set<[UInt8]> = [],
        isKept: (_ entry: TarHeader, _ isEmptyDirectory: Bool) -> Bool = { _, _ in true },
        to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let root = try Directory.open("/")
        let reader = TreeReader(root)
        let parts = PathWalk.parts(PathWalk.cleaned(path.utf8))
        // Of a path that ends in a slash, or in `/.`, the directory behind a symlink is meant.
        let isDirectoryMeant = path.hasSuffix("/") || path.hasSuffix("/.")
        var place = try resolved(PathWalk.joined(parts.dropLast()))
        if let name = parts.last { place = place.isEmpty ? name : place + [UInt8(ascii: "/")] + name }
        if followsTop && isDirectoryMeant { place = try resolved(place) }
        guard try reader.item(at: place) != nil else { throw Problem.absent(path) }
        let hidden = passedOver.filter { !Self.isAt(place, orBelow: $0) }
        let layer = try DirectoryLayer(root, at: place, named: parts.last ?? [], passingOver: hidden, isKept: isKept)
        let writer = try TarWriter { bytes in try sink(bytes) }
        try layer.write(to: writer, latest: nil)
        try writer.end()
    }

    /// Where a path leads within the root of this process.
    private static func resolved(_ path: [UInt8]) throws -> [UInt8] {
        let reader = TreeReader(try Directory.open("/"))
        let place = try PathWalk.resolve(path) { (path) throws(StorageError) -> [UInt8]? in
            try reader.item(at: path)?.status.kind == .symlink ? try reader.link(at: path) : nil
        }
        guard let place else { throw Problem.symlinkLoop(path.messageText) }
        return place
    }

    private static func isAt(_ path: [UInt8], orBelow folder: [UInt8]) -> Bool {
        path == folder || path.starts(with: folder + [UInt8(ascii: "/")])
    }

    /// Puts what a tar holds to an absolute path, as docker's `cp` does; a symlink at its end is followed.
    package static func place(
        _ source: any ByteSource, at path: String, _ top: Top, keeping: TreePlacement.Keeping
    ) throws {
        let target = try followed(path)
        var status = stat()
        let isThere = target.withPlatformString { stat($0, &status) } == 0
        if isThere, status.st_mode & S_IFMT == S_IFDIR {
            if top == .unknown {
                let folder = try resolved(Array(path.utf8))
                return try TreePlacement(anythingInto: folder, keeping: keeping).place(source)
            }
            let base = try Directory.open(target)
            return try TreePlacement(into: base, isContentsOnly: top == .leftOut, keeping: keeping).place(source)
        }
        let isDirectoryMeant = path.hasSuffix("/") || top == .nameless || top == .unknown
        if isThere, isDirectoryMeant { throw Problem.wrongKind(path) }
        guard let name = target.lastComponent, top != .unknown else { throw Problem.absent(path) }
        let parent = target.removingLastComponent()
        let base: Directory
        do { base = try Directory.open(parent.isEmpty ? "." : parent) } catch {
            throw error.isAbsent ? Problem.absent(parent.string) : error
        }
        let bytes = name.bytes
        if top == .nameless {
            try base.makeDirectory(bytes, mode: CreationRules.treeMode)
            return try TreePlacement(into: try base.directory(bytes), keeping: keeping).place(source)
        }
        // Only a directory gets a name that ends in a slash.
        let notADirectory = isDirectoryMeant ? Problem.absent(path) : nil
        try TreePlacement(into: base, name: bytes, keeping: keeping, notADirectory: notADirectory).place(source)
    }

    /// Where the symlinks at the end of a path lead, whether anything is there or not.
    private static func followed(_ path: String) throws(Problem) -> FilePath {
        var here = FilePath(path)
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        for _ in 0..<40 {
            let count = here.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
            // Most of all since it is no symlink; what else is wrong is found by who goes there.
            guard count > 0 else { return here }
            buffer[count] = 0
            here = here.removingLastComponent().pushing(FilePath(platformString: buffer))
        }
        throw .symlinkLoop(path)
    }
}
