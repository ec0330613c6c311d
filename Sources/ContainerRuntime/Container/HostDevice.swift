import CLinux
package import ContentStorage
import Glibc
import OCISpec
import StorageIO
import SystemPackage

/// A device of this machine, as a container gets it.
package struct HostDevice {
    /// The node that the runtime makes.
    let node: RuntimeSpec.Device
    /// The rule that lets it be used.
    let rule: RuntimeSpec.Resources.Device

    /// The devices that are asked for, as they are now; of a folder all that are in it.
    package static func all(_ devices: [ContainerSettings.Device]) throws(RuntimeError) -> [HostDevice] {
        var found: [HostDevice] = []
        for device in devices {
            var status = stat()
            guard stat(device.source, &status) == 0 else { throw .noDevice(device.source, errno: errno) }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try inFolder(device)
            } else {
                guard let one = HostDevice(device, status) else { throw .noDevice(device.source, errno: nil) }
                found.append(one)
            }
        }
        return found
    }

    /// The devices in a folder, at any depth; what else is in it is passed over, as with docker.
    private static func inFolder(_ device: ContainerSettings.Device) throws(RuntimeError) -> [HostDevice] {
        var found: [HostDevice] = []
        let names = try lift(try Directory.open(FilePath(device.source)).names(), to: RuntimeError.storage)
        for name in names.sorted() {
            let inner = ContainerSettings.Device(
                "\(device.source)/\(name)", at: "\(device.target)/\(name)", access: device.access)
            var status = stat()
            guard lstat(inner.source, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                found += try inFolder(inner)
            } else if let one = HostDevice(inner, status) {
                found.append(one)
            }
        }
        return found
    }

    private init?(_ device: ContainerSettings.Device, _ status: stat) {
        let types: [mode_t: String] = [S_IFCHR: "c", S_IFBLK: "b"]
        guard let type = types[status.st_mode & S_IFMT] else { return nil }
        let (major, minor) = (strata_device_major(UInt64(status.st_rdev)), strata_device_minor(UInt64(status.st_rdev)))
        node = RuntimeSpec.Device(
            path: device.target, type: type, major: Int64(major), minor: Int64(minor), fileMode: UInt32(status.st_mode) & 0o777,
            uid: status.st_uid, gid: status.st_gid, source: device.source)
        rule = RuntimeSpec.Resources.Device(
            allow: true, type: type, major: Int64(major), minor: Int64(minor), access: device.access)
    }
}
