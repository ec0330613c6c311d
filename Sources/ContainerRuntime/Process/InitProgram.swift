// https://man7.org/linux/man-pages/man5/elf.5.html

import FoundationEssentials
import Glibc
import StorageIO

/// A small program of this machine that is a container's first process: it passes signals on, and reaps.
package enum InitProgram {
    /// Where it is mounted: in the container's `/dev`, so that nothing of it stays in the tree.
    static let target = "/dev/init"
    /// What stands before the container's own command.
    static let prefix = [target, "--"]

    /// Those that are known, all of which take `--` and a command.
    package static let names = ["docker-init", "catatonit", "tini-static", "dumb-init"]
    private static let folders = [
        "/usr/local/bin", "/usr/bin", "/bin", "/usr/libexec/podman", "/usr/local/libexec/podman", "/usr/lib/podman",
    ]

    /// The first one that is installed and needs no library, of which a container's tree may have none.
    package static func find() throws(RuntimeError) -> String {
        for name in names {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if access(path, X_OK) == 0, isStatic(path) { return path }
            }
        }
        throw .noInit
    }

    /// Whether a file is a program that the kernel runs without another one, which loads libraries.
    private static func isStatic(_ path: String) -> Bool {
        let loader: UInt8 = 3
        do throws(StorageError) {
            let file = try File.open(path)
            var header = [UInt8](repeating: 0, count: 64)
            guard try file.readSome(into: &header, at: 0) == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else {
                return false
            }
            let (place, count) = (number(header[32..<40]), number(header[56..<58]))
            var table = [UInt8](repeating: 0, count: 56 * count)
            guard try file.readSome(into: &table, at: Int64(place)) == table.count else { return false }
            return !stride(from: 0, to: table.count, by: 56).contains { table[$0] == loader }
        } catch {
            // One that cannot be read is none.
            return false
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().prefix(8).reduce(0) { ($0 & 0xFFFF_FFFF_FFFF) << 8 | Int($1) }
    }
}
