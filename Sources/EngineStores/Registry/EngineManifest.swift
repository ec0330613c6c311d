package import OCISpec

/// A manifest that goes with an image of a registry.
package struct EngineManifest: Hashable, Sendable {
    /// What it is to the image.
    package enum Role: String, Hashable, Sendable, Codable {
        /// The manifest or index that the tags mean.
        case image
        /// What an index lists, at any depth.
        case part
        /// What is about one of these: a signature, an inventory.
        case referrer
        /// The list of referrers under a tag that is made of a digest.
        case referrerList
    }

    /// By which it is deleted.
    package let digest: Digest
    /// What it is to the image.
    package let role: Role
    /// The tags that mean it, in order; none where it was read from a plan, which has names.
    package let tags: [String]

    /// A manifest from its parts.
    package init(digest: Digest, role: Role, tags: [String] = []) {
        self.digest = digest
        self.role = role
        self.tags = tags
    }
}

/// One platform of an image in a registry.
package struct EngineVariant: Hashable, Sendable {
    /// Of the platform, not of the index around it.
    package let manifest: Digest
    /// The configuration.
    package let config: Digest
    /// When it was made, by its own word.
    package let created: Timestamp?
    /// Of the configuration, compared by bytes.
    package let labels: [ExactText: String]
}

/// What a registry has beside images: what its blobs are to whom, and what was left half-done.
package struct RegistryContents: Hashable, Sendable {
    /// One repository.
    package struct Repository: Hashable, Sendable {
        /// Its path among all.
        package let name: String
        /// How many tags it has.
        package let tagCount: Int
        /// How many manifests it has.
        package let manifestCount: Int
        /// Those that no tag reaches in any way.
        package let untaggedCount: Int
        /// All that its manifests name and that is there, they themselves among it.
        package let blobs: Set<Digest>
        /// Why nothing of it is ever deleted; nil where nothing speaks against it.
        package let doubt: EngineProblem?
    }

    /// An upload that was begun and not ended.
    package struct Upload: Hashable, Sendable {
        /// Below the root.
        package let path: String
        /// The repository.
        package let repository: String
        /// When it began, by its own word; in seconds since 1970.
        package let startedSeconds: Int64?
        /// When it changed last, in seconds since 1970.
        package let changedSeconds: Int64
    }

    /// In order.
    package internal(set) var repositories: [Repository] = []
    /// In the order of their paths.
    package internal(set) var uploads: [Upload] = []
    /// The blobs that a tag reaches.
    package internal(set) var taggedBlobs: Set<Digest> = []
    /// The blobs that only manifests reach that no tag does.
    package internal(set) var untaggedBlobs: Set<Digest> = []
    /// Bytes of each blob's file.
    package internal(set) var blobBytes: [Digest: Int64] = [:]

    /// Bytes of blobs, each counted once.
    package func logicalBytes(of blobs: Set<Digest>) -> Int64 { blobs.reduce(0) { $0 + (blobBytes[$1] ?? 0) } }
}
