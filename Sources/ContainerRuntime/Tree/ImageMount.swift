// https://docs.kernel.org/filesystems/overlayfs.html#multiple-lower-layers

import CLinux
package import ContentStorage
import Glibc
import StorageIO

/// An image's tree, mounted read-only for people who want to look: a container in which nothing runs.
extension ContainerFolder {
    /// Mounts the layers at the container's `merged`, in this namespace.
    ///
    /// Other users may look at it where it is shown elsewhere, and the image may be a stranger's: its set-user-ID programs run as
    /// whoever calls them, and its devices open nothing.
    package func mountReadOnly(layersFolder: String) throws(RuntimeError) {
        // An overlay without an upper directory wants two others.
        let lower = try overlay(layersFolder: layersFolder).lower + ["\(path)/\(Self.workName)", "\(path)/\(Self.diffName)"]
        let target = "\(path)/\(Self.mergedName)"
        guard chdir(layersFolder) == 0 else { throw .mountFailed(what: target, errno: errno) }
        defer { _ = chdir("/") }
        let present = lower.filter { access($0, F_OK) == 0 }
        let names = present.map { OverlayPath.relative($0, from: layersFolder) }.joined(separator: ":")
        guard mount("strata", target, "overlay", UInt(MS_RDONLY | MS_NOSUID | MS_NODEV), "lowerdir=\(names)") == 0 else {
            throw .mountFailed(what: target, errno: errno)
        }
    }

    /// Shows the tree at another directory too; what the mount forbids holds there as well.
    package func bind(to target: String) throws(RuntimeError) {
        guard mount("\(path)/\(Self.mergedName)", target, nil, UInt(MS_BIND), nil) == 0 else {
            throw .mountFailed(what: target, errno: errno)
        }
    }

    /// Takes the mounts away.
    package func unmount(from target: String?) throws(RuntimeError) {
        for place in [target, "\(path)/\(Self.mergedName)"].compactMap(\.self) where umount2(place, 0) != 0 && errno != EINVAL {
            throw .mountFailed(what: place, errno: errno)
        }
    }
}
