import ContainerRuntime
import ContentStorage
import Foundation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A container's folder in a temporary one, without a store around it.
struct Folder {
    let scratch: TemporaryDirectory
    let directory: Directory
    let container: ContainerFolder

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory.open(FilePath(scratch.path))
        try FileManager.default.createDirectory(atPath: scratch.path("c0ffee"), withIntermediateDirectories: true)
        container = try ContainerFolder(try #require(PathPart("c0ffee")), in: directory)
    }

    /// Writes a file below the container's folder.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.path("c0ffee/\(name)")))
    }

    /// A directory of the scratch folder with these files, each with its own path as content.
    func tree(_ name: String, _ files: String...) throws -> Directory {
        for file in files {
            let path = scratch.path("\(name)/\(file)")
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("\(name)/\(file)".utf8).write(to: URL(fileURLWithPath: path))
        }
        return try Directory.open(FilePath(scratch.path(name)))
    }
}
