import OCISpec

/// What may stand at the top of a store.
package enum StoreNames {
    /// Its files and folders.
    package static let all: Set<String> = [
        LayoutMarker.fileName, IndexFile.fileName, StoredBlobs.folderName, StoreFormat.fileName, IngestSessions.folderName,
        StoreLocks.folderName, Trash.folderName, UnpackedLayers.folderName, StoredContainers.folderName,
        StoredPlans.folderName, BuildCache.folderName, StoredVolumes.folderName, StoredNetworks.folderName,
        "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.sqlite-journal",
    ]

    /// Files that a killed writer may leave; the next one that needs the place writes over them.
    package static let remnants: Set<String> = [
        "\(IndexFile.fileName).new", "\(LayoutMarker.fileName).new", "\(StoreFormat.fileName).new", "catalog.sqlite.new",
        "catalog.sqlite.new-wal", "catalog.sqlite.new-shm", "catalog.sqlite.new-journal",
    ]
}
