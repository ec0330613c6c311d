import CLinux
import SystemPackage

extension FileStatus {
    /// The processes that have a lock on the inode, by the kernel's table; nil where that cannot be told.
    ///
    /// Source: proc(5), /proc/locks: number, kind, mode, access, process, device and inode, of which the device is in hexadecimal.
    package func lockHolders() -> Set<Int32>? {
        guard let table = Self.lockTable() else { return nil }
        var found: Set<Int32> = []
        for line in table.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count >= 6, let process = Int32(words[4]) else { continue }
            let parts = words[5].split(separator: ":")
            guard parts.count == 3, let major = UInt32(parts[0], radix: 16), let minor = UInt32(parts[1], radix: 16),
                strata_device(major, minor) == device, UInt64(parts[2]) == inode
            else { continue }
            found.insert(process)
        }
        return found
    }

    private static func lockTable() -> [UInt8]? {
        do throws(StorageError) {
            return try Directory.open(FilePath("/proc")).readFile("locks", limit: 16 << 20)
        } catch {
            // What the kernel does not show is not known.
            return nil
        }
    }
}
