package import EngineStores

/// What a registry's folder takes, by who reaches it, and what each repository has of it.
package struct RegistryUsage: Sendable {
    /// One repository.
    package struct Row: Sendable {
        /// The repository.
        package let repository: RegistryContents.Repository
        /// Bytes of all that its manifests name, each blob once, as a client pulls them.
        package let logicalBytes: Int64
        /// Allocated bytes of blobs that no other repository has: what comes back where it leaves as a whole.
        package let exclusiveBytes: Int64
        /// Allocated bytes of blobs that others have too.
        package let sharedBytes: Int64
    }

    /// An upload that was begun and not ended.
    package struct UploadRow: Sendable {
        /// Which.
        package let upload: RegistryContents.Upload
        /// Allocated bytes.
        package let diskBytes: Int64
    }

    /// Allocated bytes of the blobs that tags reach.
    package let taggedBytes: Int64
    /// Of those that only manifests reach which no tag does.
    package let untaggedBytes: Int64
    /// Of those that no manifest names, and that the registry's collector takes.
    package let collectableBytes: Int64
    /// Of links that lead nowhere, or that nothing needs.
    package let staleBytes: Int64
    /// How many blobs are in each of the first three.
    package let counts: (tagged: Int, untagged: Int, collectable: Int)
    /// How many links are stale.
    package let staleCount: Int
    /// In the order of their names.
    package let repositories: [Row]
    /// The oldest first.
    package let uploads: [UploadRow]

    /// Adds up a look; nil of what is no registry's.
    package init?(_ look: EngineLook) {
        guard let contents = look.inventory.registry else { return nil }
        let disk = look.disk
        func bytes(_ blobs: some Sequence<PlaceOwner>) -> Int64 { blobs.reduce(0) { $0 + disk.bytes(of: $1) } }
        taggedBytes = bytes(contents.taggedBlobs.lazy.map(PlaceOwner.blob))
        untaggedBytes = bytes(contents.untaggedBlobs.lazy.map(PlaceOwner.blob))
        var (collectable, stale, blobs) = (Int64(0), Int64(0), 0)
        for (place, leak) in look.inventory.leaks.enumerated() {
            let size = disk.bytes(of: .leak(place))
            if leak.reason == .blobWithoutManifest {
                (collectable, blobs) = (collectable + size, blobs + 1)
            } else {
                stale += size
            }
        }
        (collectableBytes, staleBytes) = (collectable, stale)
        counts = (contents.taggedBlobs.count, contents.untaggedBlobs.count, blobs)
        staleCount = look.inventory.leaks.count - blobs
        var owners: [PlaceOwner: Int] = [:]
        for repository in contents.repositories { for blob in repository.blobs { owners[.blob(blob), default: 0] += 1 } }
        repositories = contents.repositories.map { repository in
            let own = repository.blobs.map(PlaceOwner.blob)
            return Row(
                repository: repository, logicalBytes: contents.logicalBytes(of: repository.blobs),
                exclusiveBytes: bytes(own.filter { owners[$0] == 1 }), sharedBytes: bytes(own.filter { owners[$0] != 1 }))
        }
        uploads = contents.uploads.map { UploadRow(upload: $0, diskBytes: disk.bytes(of: .upload($0.path))) }
            .sorted { ($0.upload.changedSeconds, $0.upload.path) < ($1.upload.changedSeconds, $1.upload.path) }
    }
}
