// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

import Foundation
package import OCISpec

/// One layer of an image that a test builds.
package struct BuiltLayer: Sendable {
    /// The bytes as they are stored, compressed or not.
    package var blob: [UInt8]
    /// What the config says of it; the tar's digest unless a test lies.
    package var diffID: Digest
    /// What the manifest says of it; true unless a test lies.
    package var descriptor: Descriptor
    /// Whether the archive leaves the blob out.
    package var isAbsent = false

    /// A layer of `tar`, stored as it is or as `stored`.
    package init(_ tar: [UInt8], stored: [UInt8]? = nil, mediaType: String = MediaType.layer) {
        blob = stored ?? tar
        diffID = sha256(tar)
        descriptor = Descriptor(mediaType: mediaType, digest: sha256(blob), size: Int64(blob.count))
    }

    /// A layer of these members, stored as a plain tar.
    package init(_ members: [TarMember]) {
        self.init(Tar(members).bytes)
    }

    /// A copy that `change` has had its way with.
    package func with(_ change: (inout BuiltLayer) -> Void) -> BuiltLayer {
        var copy = self
        change(&copy)
        return copy
    }
}

/// An image that a test builds: a plain value, written as an OCI layout or as docker's archives.
package struct ImageBuilder: Sendable {
    /// How an archive of docker's is laid out.
    package enum DockerForm: Sendable, CaseIterable {
        /// A folder for each layer, config and `manifest.json` last, as docker 1.10 to 24 save.
        case legacy
        /// As `legacy`, but the documents come first.
        case documentsFirst
        /// As `legacy`, and a layer that stood before is a symlink to it.
        case linked
        /// `manifest.json` names the blobs of an OCI layout beside it, as docker 25 and later save.
        case hybrid
    }

    package var layers: [BuiltLayer]
    /// Full names, such as `localhost/a:1`.
    package var names: [String]
    package var platform = Platform(os: "linux", architecture: "amd64")
    /// Goes into the config, and so tells images of the same layers apart.
    package var author: String?
    package var manifestMediaType = MediaType.manifest
    package var configMediaType = MediaType.config
    /// The config's bytes where they are not to be made from the rest.
    package var configOverride: [UInt8]?

    /// An image of these layers.
    package init(_ layers: [BuiltLayer], named names: String...) {
        self.layers = layers
        self.names = names
    }

    /// A copy that `change` has had its way with.
    package func with(_ change: (inout ImageBuilder) -> Void) -> ImageBuilder {
        var copy = self
        change(&copy)
        return copy
    }

    /// The config's bytes.
    package func config() throws -> [UInt8] {
        if let configOverride { return configOverride }
        return try encodeDocument(
            ImageConfig(platform: platform, rootfs: RootFS(diffIDs: layers.map(\.diffID)), author: author))
    }

    /// The manifest's bytes.
    package func manifest() throws -> [UInt8] {
        let config = try config()
        let descriptor = Descriptor(mediaType: configMediaType, digest: sha256(config), size: Int64(config.count))
        return try encodeDocument(
            ImageManifest(mediaType: manifestMediaType, config: descriptor, layers: layers.map(\.descriptor)))
    }

    /// The manifest's descriptor, without a name.
    package func descriptor() throws -> Descriptor {
        let manifest = try manifest()
        return Descriptor(mediaType: manifestMediaType, digest: sha256(manifest), size: Int64(manifest.count))
    }

    /// The files of an OCI layout of `images`.
    package static func layout(_ images: [ImageBuilder]) throws -> ArchiveFiles {
        var files = ArchiveFiles()
        files["oci-layout"] = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        var entries: [Descriptor] = []
        for image in images {
            try image.addBlobs(to: &files)
            let descriptor = try image.descriptor()
            if image.names.isEmpty { entries.append(descriptor) }
            for name in image.names {
                var entry = descriptor
                entry.annotations = ["org.opencontainers.image.ref.name": name]
                entries.append(entry)
            }
        }
        try files.setIndex(entries)
        return files
    }

    /// The files of an OCI layout of this image.
    package func layout() throws -> ArchiveFiles { try Self.layout([self]) }

    /// Adds layers, config and manifest as blobs.
    package func addBlobs(to files: inout ArchiveFiles) throws {
        for layer in layers where !layer.isAbsent {
            files["blobs/sha256/\(layer.descriptor.digest.hex)"] = layer.blob
        }
        files.addBlob(try config())
        files.addBlob(try manifest())
    }

    /// The files of an archive as docker saves it.
    package static func dockerArchive(_ images: [ImageBuilder], _ form: DockerForm = .legacy) throws -> ArchiveFiles {
        var files = form == .hybrid ? try layout(images) : ArchiveFiles()
        var documents: [(name: String, bytes: [UInt8])] = []
        var items: [DockerArchiveItem] = []
        var stored: [Digest: String] = [:]
        for image in images {
            let config = try image.config()
            var item = DockerArchiveItem(
                config: "\(sha256(config).hex).json", repoTags: image.names.isEmpty ? nil : image.names, layers: [])
            if form == .hybrid {
                item.config = "blobs/sha256/\(sha256(config).hex)"
                item.layers = image.layers.map { "blobs/sha256/\($0.descriptor.digest.hex)" }
            } else {
                documents.append((item.config, config))
                for layer in image.layers { item.layers.append(files.addLegacy(layer, form, &stored)) }
            }
            items.append(item)
        }
        documents.append(("manifest.json", try encodeDocument(items)))
        let members = documents.map { TarMember.file($0.name, $0.bytes) }
        files.members = form == .documentsFirst ? members + files.members : files.members + members
        return files
    }

    /// The files of an archive of this image as docker saves it.
    package func dockerArchive(_ form: DockerForm = .legacy) throws -> ArchiveFiles {
        try Self.dockerArchive([self], form)
    }
}

/// The files of an archive or a folder, in order; a test damages them at will.
package struct ArchiveFiles: Sendable {
    package var members: [TarMember] = []

    /// No files.
    package init() {}

    /// A file's bytes; setting replaces the member of that name or appends one, and `nil` takes it out.
    package subscript(_ name: String) -> [UInt8]? {
        get { members.last { $0.name == Array(name.utf8) }?.body }
        set {
            let position = members.firstIndex { $0.name == Array(name.utf8) }
            switch (position, newValue) {
            case (let position?, let bytes?): members[position] = .file(name, bytes)
            case (let position?, nil): members.remove(at: position)
            case (nil, let bytes?): members.append(.file(name, bytes))
            case (nil, nil): break
            }
        }
    }

    /// Adds a blob under its digest.
    @discardableResult
    package mutating func addBlob(_ bytes: [UInt8]) -> Digest {
        let digest = sha256(bytes)
        self["blobs/sha256/\(digest.hex)"] = bytes
        return digest
    }

    /// Adds a document as a blob, and returns what names it.
    package mutating func addDocument(_ value: some Encodable, _ mediaType: String) throws -> Descriptor {
        let bytes = try encodeDocument(value)
        return Descriptor(mediaType: mediaType, digest: addBlob(bytes), size: Int64(bytes.count))
    }

    /// Writes `index.json` anew.
    package mutating func setIndex(_ entries: [Descriptor]) throws {
        self["index.json"] = try encodeDocument(ImageIndex(manifests: entries))
    }

    /// Adds images, and an index of them, which is all that `index.json` lists then.
    package mutating func setIndex(of images: [ImageBuilder], named name: String) throws {
        var entries: [Descriptor] = []
        for image in images {
            try image.addBlobs(to: &self)
            var entry = try image.descriptor()
            entry.platform = image.platform
            entries.append(entry)
        }
        var top = try addDocument(ImageIndex(manifests: entries), MediaType.index)
        top.annotations = ["org.opencontainers.image.ref.name": name]
        try setIndex([top])
    }

    /// All of them as a tar.
    package var tar: [UInt8] { Tar(members).bytes }

    /// Writes the regular files below a new folder.
    package func write(to folder: String) throws {
        for member in members where member.type == UInt8(ascii: "0") {
            let url = URL(fileURLWithPath: "\(folder)/\(String(decoding: member.name, as: UTF8.self))")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(member.body).write(to: url)
        }
    }

    /// Adds `layer` in a folder of its own and returns its member's name.
    fileprivate mutating func addLegacy(
        _ layer: BuiltLayer, _ form: ImageBuilder.DockerForm, _ stored: inout [Digest: String]
    ) -> String {
        let first = stored[layer.descriptor.digest]
        if let first, form != .linked { return first }
        let folder = sha256(Array("folder \(members.count)".utf8)).hex
        let name = "\(folder)/layer.tar"
        members.append(.directory(folder))
        members.append(.file("\(folder)/VERSION", text: "1.0"))
        members.append(first.map { .symlink(name, to: "../\($0)") } ?? .file(name, layer.blob))
        stored[layer.descriptor.digest] = first ?? name
        return name
    }
}
