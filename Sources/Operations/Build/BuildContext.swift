package import ContentStorage
package import DockerfileLanguage
import Foundation
package import ImageBuild
package import LayerArchive
import StorageIO
import SystemPackage

/// Where a build's context and its Dockerfile are.
package struct BuildContext: Sendable {
    private enum Kind: Sendable {
        case folder(ContextFolder)
        case archive(LayeredFiles)
        /// Standard input was a Dockerfile: there is no context.
        case none(String)
    }

    private let context: String
    private let dockerfilePath: String?
    private let kind: Kind
    /// Whether the files are a repository's: then no path of this machine is meant.
    private let isRemote: Bool

    private static let dockerfileName = "Dockerfile"
    private static let limitBytes = 16 << 20

    /// The context at `context`: a folder, a tarball, a git repository, or `-`.
    ///
    /// `dockerfile` is a path of this machine or one within the context, or `-`; nil for the context's own. Of a repository it is one
    /// within, and `keepsRepository` leaves `.git` in it.
    package init(
        _ context: String, dockerfile: String?, _ session: IngestSession, limits: ScanLimits, keepsRepository: Bool = false
    ) throws {
        self.context = context
        dockerfilePath = dockerfile
        if let address = try GitAddress(context, takesFiles: true) {
            kind = .folder(
                ContextFolder(try GitCheckout(session: session, address: address, keepsRepository: keepsRepository).make()))
            isRemote = true
            return
        }
        isRemote = false
        if context == "-" {
            kind = try Self.standardInput(session, limits)
            return
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: context, isDirectory: &isFolder) else {
            throw BuildContextError.noSuchContext(context)
        }
        if isFolder.boolValue {
            kind = .folder(ContextFolder(try Directory.open(FilePath(context))))
            return
        }
        guard let files = try Self.archive(try File.open(context), session, limits) else {
            throw BuildContextError.badContext(context)
        }
        kind = .archive(files)
    }

    /// The files of a repository, without what its `.dockerignore` leaves out.
    static func repository(_ address: GitAddress, _ session: IngestSession) throws -> any FileSource {
        try viewed(
            ContextFolder(try GitCheckout(session: session, address: address, keepsRepository: false).make()), address.url)
    }

    /// The files of a folder, without what its own `.dockerignore` leaves out.
    static func folder(_ path: String) throws -> any FileSource {
        try viewed(ContextFolder(try Directory.open(FilePath(path))), path)
    }

    private static func viewed(_ files: ContextFolder, _ path: String) throws -> any FileSource {
        guard let bytes = try read(ignoreName, in: files) else { return files }
        return ContextView(source: files, ignored: try patterns(bytes, "\(path)/\(ignoreName)"))
    }

    private static func standardInput(_ session: IngestSession, _ limits: ScanLimits) throws -> Kind {
        let file = try session.temporaryFile()
        _ = try PipeSource(fd: 0, name: "standard input").copy(to: file)
        if let files = try archive(file, session, limits) { return .archive(files) }
        return .none(try text(try file.readAll(limit: limitBytes), "standard input"))
    }

    private static func archive(_ file: File, _ session: IngestSession, _ limits: ScanLimits) throws -> LayeredFiles? {
        try ArchiveFiles.open(file, size: try file.status().sizeBytes, session, limits: limits, isCompressedFileFine: false)
    }

    private static func text(_ bytes: [UInt8], _ place: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw BuildContextError.notText(place) }
        return text
    }

    /// The files that steps copy, opened when one does.
    package var files: @Sendable () throws -> any FileSource {
        switch kind {
        case .folder(let folder): { folder }
        case .archive(let files): { files }
        case .none: { InlineFiles([:], mtimeSeconds: 0) { _ in throw BuildContextError.noContext } }
        }
    }

    /// The Dockerfile: where `-f` says, else the context's own; `-f` is a path like any other, or one within the context.
    package func dockerfile() throws -> DockerfileText {
        if case .none(let text) = kind { return DockerfileText(place: "standard input", content: text) }
        if dockerfilePath == "-" {
            let bytes = try File.readStream("/dev/stdin", limit: Self.limitBytes)
            return DockerfileText(place: "standard input", content: try Self.text(bytes, "standard input"))
        }
        if let path = dockerfilePath {
            if !isRemote, FileManager.default.fileExists(atPath: path) {
                let bytes = try File.readStream(path, limit: Self.limitBytes)
                return DockerfileText(place: path, content: try Self.text(bytes, path))
            }
            return try within(path)
        }
        return try within(Self.dockerfileName)
    }

    private func within(_ path: String) throws -> DockerfileText {
        guard let bytes = try Self.read(path, in: try files()) else {
            throw BuildContextError.noDockerfile(path, context: context)
        }
        let place = context == "-" ? path : context == "." ? path : "\(context)/\(path)"
        return DockerfileText(place: place, content: try Self.text(bytes, place))
    }

    private static let ignoreName = ".dockerignore"

    /// A file of a context; nil where there is none.
    private static func read(_ path: String, in source: any FileSource) throws -> [UInt8]? {
        let raw = Array(path.utf8)
        guard let file = try source.file(at: raw), file.kind == .file || file.kind == .symlink else { return nil }
        let found = file.kind == .symlink ? try SourceLookup.file(raw, in: source) : file
        guard let found else { return nil }
        guard found.size <= Self.limitBytes else { throw StorageError(.read, path, .fileTooLarge) }
        return try source.contents(of: [found.path]).open(found.path).readAll(size: Int(found.size))
    }

    /// What `<Dockerfile>.dockerignore`, else `.dockerignore`, leaves out; nil where there is neither.
    package func ignored() throws -> IgnorePatterns? {
        if case .none = kind { return nil }
        var found: (String, [UInt8])?
        if !isRemote, let path = dockerfilePath, path != "-", FileManager.default.fileExists(atPath: "\(path).dockerignore") {
            found = ("\(path).dockerignore", try File.readStream("\(path).dockerignore", limit: Self.limitBytes))
        }
        for name in ["\(dockerfilePath ?? Self.dockerfileName).dockerignore", Self.ignoreName] where found == nil {
            found = try Self.read(name, in: try files()).map { (name, $0) }
        }
        guard let (name, bytes) = found else { return nil }
        return try Self.patterns(bytes, name)
    }

    private static func patterns(_ bytes: [UInt8], _ name: String) throws -> IgnorePatterns? {
        let lines = IgnorePatterns.lines(of: try text(bytes, name))
        do {
            return lines.isEmpty ? nil : try IgnorePatterns(lines)
        } catch {
            throw BuildContextError.badIgnoreFile(name, error)
        }
    }
}
