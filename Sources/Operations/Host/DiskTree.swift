import EngineStores
import ImageStorage
package import OCISpec
import Reclamation

/// Where a host's bytes are, as folders of files: an image is a folder, and what images share is one file with several names.
package struct DiskTree: Sendable {
    /// Something with bytes.
    package struct File: Sendable {
        /// What it is called.
        package let name: String
        /// Allocated bytes.
        package let diskBytes: Int64
        /// What tells it from all others, and how many folders have it; nil for what has one name.
        package let link: (number: Int, count: Int)?
    }

    /// Files that belong together.
    package struct Folder: Sendable {
        /// What it is called.
        package let name: String
        /// What is in it.
        package let files: [File]
    }

    /// Together they have all bytes of the host, each once.
    package private(set) var folders: [Folder] = []

    /// The tree of what each image needs, what the lists have, and what is left of all bytes.
    init(
        images: [(name: String, parts: [(key: String, bytes: Int64)])], _ rows: [HostTab: [HostRow]], cacheBytes: Int64,
        totalBytes: Int64
    ) {
        var counts: [String: Int] = [:]
        var numbers: [String: Int] = [:]
        var left = totalBytes
        for image in images {
            for part in image.parts {
                counts[part.key, default: 0] += 1
                if numbers[part.key] == nil {
                    numbers[part.key] = numbers.count
                    left -= part.bytes
                }
            }
        }
        for image in images {
            folders.append(
                Folder(
                    name: image.name,
                    files: image.parts.map { part in
                        File(name: part.key, diskBytes: part.bytes, link: (numbers[part.key] ?? 0, counts[part.key] ?? 1))
                    }))
        }
        for tab in [HostTab.containers, .volumes, .leaked] {
            let files = (rows[tab] ?? []).map { File(name: $0.names.first ?? $0.item.id, diskBytes: $0.diskBytes, link: nil) }
            left -= files.reduce(0) { $0 + $1.diskBytes }
            if !files.isEmpty { folders.append(Folder(name: tab.rawValue, files: files)) }
        }
        let rest = [
            File(name: "build cache", diskBytes: cacheBytes, link: nil),
            File(name: "other", diskBytes: left - cacheBytes, link: nil),
        ]
        folders.append(Folder(name: "rest", files: rest.filter { $0.diskBytes > 0 }))
    }
}

extension StorePicture {
    var tree: DiskTree {
        let look = store.look
        let images = look.images.map { image in
            let parts = look.graph.reach(of: .image(image.digest)).map { item, bytes in
                let kind = if case .layer = item { "unpacked " } else { "" }
                return (key: kind + item.digest.description, bytes: bytes)
            }
            return (name: image.label, parts: parts)
        }
        let cacheBytes = DiskUsage(look, now: now).lines.first { $0.kind == .buildCache }?.diskBytes ?? 0
        return DiskTree(images: images, rows, cacheBytes: cacheBytes, totalBytes: totalBytes)
    }
}

extension EnginePicture {
    var tree: DiskTree {
        let (inventory, disk) = (look.inventory, look.disk)
        let images = inventory.images.map { image in
            var parts = [(key: "image \(image.id)", bytes: disk.bytes(of: .image(image.id.hex)))]
            parts += Set(image.layers).sorted().map { (key: "layer \($0)", bytes: disk.bytes(of: .layer($0))) }
            parts += image.blobs.sorted().map { (key: "blob \($0)", bytes: disk.bytes(of: .blob($0))) }
            return (name: image.label, parts: parts.filter { $0.bytes > 0 })
        }
        return DiskTree(images: images, rows, cacheBytes: disk.bytes(of: .buildCache), totalBytes: totalBytes)
    }
}
