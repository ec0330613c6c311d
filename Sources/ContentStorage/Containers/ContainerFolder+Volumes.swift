package import StorageIO

/// Folders that a container has for its own data, whose places its image or the command line names (`VOLUME`, `-v /data`).
///
/// They lie in its folder, so they are counted and removed with it; they are no part of its tree, so no commit, export or diff has them.
extension ContainerFolder {
    /// The folder of its volumes; each has a number for its name.
    package static let volumesName = "volumes"

    /// The path of a volume from the container's folder.
    package static func volumePath(_ number: Int) -> String { "\(volumesName)/\(number)" }

    /// The option of a volume that begins without what the image has.
    package static let emptyVolumeOption = "nocopy"

    /// Allocated bytes of what the container changed, and of what its volumes hold.
    package func changedBytes() throws(ContentError) -> Int64 {
        var sum: Int64 = 0
        for name in [Self.diffName, Self.volumesName] {
            let bytes = try lift(
                try ifPresent(try StoreWalk.allocatedBytes(of: try directory.directory(name))), to: ContentError.init)
            // It has no volumes, or was removed since it was listed.
            sum += bytes ?? 0
        }
        return sum
    }
}

extension ContainerSettings {
    /// Gives each volume that the container is to have for itself its folder.
    package mutating func numberVolumes() {
        var count = 0
        for index in mounts.indices where mounts[index].kind == .volume && mounts[index].source.isEmpty {
            mounts[index].source = ContainerFolder.volumePath(count)
            count += 1
        }
    }

    /// The volumes that the container has for itself, with the names of their folders.
    package var ownVolumes: [(name: String, mount: Mount)] {
        mounts.compactMap { mount in
            let parts = mount.source.split(separator: "/")
            guard mount.kind == .volume, parts.count == 2, parts[0] == ContainerFolder.volumesName else { return nil }
            return (String(parts[1]), mount)
        }
    }
}
