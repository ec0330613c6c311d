// https://docs.kernel.org/admin-guide/binfmt-misc.html
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html

import Foundation
import OCISpec
import StorageIO
import SystemPackage

/// Whether this machine runs programs of another one: by itself, or by an emulator that the kernel knows.
enum ForeignPrograms {
    private static let folder = "/proc/sys/fs/binfmt_misc"
    private static let limitBytes = 4 << 10

    /// How the programs of an architecture begin, and what Debian calls its emulator.
    private struct Kind {
        let bits: UInt8
        let isBigEndian: Bool
        let machine: UInt16
    }

    private static let kinds: [String: Kind] = [
        "386": Kind(bits: 32, isBigEndian: false, machine: 3), "amd64": Kind(bits: 64, isBigEndian: false, machine: 62),
        "arm": Kind(bits: 32, isBigEndian: false, machine: 40), "arm64": Kind(bits: 64, isBigEndian: false, machine: 183),
        "ppc64le": Kind(bits: 64, isBigEndian: false, machine: 21), "s390x": Kind(bits: 64, isBigEndian: true, machine: 22),
        "riscv64": Kind(bits: 64, isBigEndian: false, machine: 243), "loong64": Kind(bits: 64, isBigEndian: false, machine: 258),
        "mips64le": Kind(bits: 64, isBigEndian: false, machine: 8), "mips64": Kind(bits: 64, isBigEndian: true, machine: 8),
    ]

    /// Whether programs for `platform` run here; one whose programs are not known counts as one that does not.
    static func areRunnable(for platform: Platform) throws -> Bool {
        let (own, wanted) = (Platform.host.architecture, platform.architecture)
        if wanted.isEmpty || wanted == own || (own == "amd64" && wanted == "386") { return true }
        guard let kind = kinds[wanted], FileManager.default.fileExists(atPath: folder) else { return false }
        let start = start(of: kind)
        for name in try Directory.open(FilePath(folder)).names() where name != "register" && name != "status" {
            if runs(start, try File.readStream("\(folder)/\(name)", limit: limitBytes)) { return true }
        }
        return false
    }

    /// The first bytes of a program.
    private static func start(of kind: Kind) -> [UInt8] {
        let (low, high) = (UInt8(kind.machine & 0xFF), UInt8(kind.machine >> 8))
        let numbers: [UInt8] = kind.isBigEndian ? [0, 2, high, low] : [2, 0, low, high]
        return [0x7F, 0x45, 0x4C, 0x46, kind.bits == 64 ? 2 : 1, kind.isBigEndian ? 2 : 1, 1]
            + [UInt8](repeating: 0, count: 9) + numbers
    }

    /// Whether an entry of the kernel is for programs that begin so, in containers too: its interpreter is open already (`F`).
    private static func runs(_ start: [UInt8], _ entry: [UInt8]) -> Bool {
        let lines = String(decoding: entry, as: UTF8.self).split(separator: "\n")
        func value(_ name: String) -> Substring? { lines.first { $0.hasPrefix(name) }?.dropFirst(name.count) }
        guard lines.first == "enabled", value("flags: ")?.contains("F") == true, value("offset ") == "0",
            let magic = value("magic ").flatMap(bytes), magic.count <= start.count
        else { return false }
        let mask = value("mask ").flatMap(bytes) ?? [UInt8](repeating: 0xFF, count: magic.count)
        guard mask.count == magic.count else { return false }
        return magic.indices.allSatisfy { start[$0] & mask[$0] == magic[$0] & mask[$0] }
    }

    private static func bytes(_ hexadecimal: Substring) -> [UInt8]? {
        let digits = Array(hexadecimal)
        guard digits.count.isMultiple(of: 2) else { return nil }
        let found = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        return found.count == digits.count / 2 ? found : nil
    }
}
