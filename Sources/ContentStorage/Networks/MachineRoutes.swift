// https://man7.org/linux/man-pages/man5/proc_pid_net.5.html

import StorageIO
import TextValues

/// Where the machine sends what is for which addresses.
enum MachineRoutes {
    /// The ranges that it knows a way to; not the way for all that is left.
    static func ranges() -> [IPv4Range] {
        do throws(StorageError) {
            let text = String(decoding: try File.readStream("/proc/net/route", limit: 4 << 20), as: UTF8.self)
            return text.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split { $0.isWhitespace }
                // Numbers as the machine has them in memory.
                guard fields.count > 7, let base = UInt32(fields[1], radix: 16), let mask = UInt32(fields[7], radix: 16) else {
                    return nil
                }
                guard mask != 0 else { return nil }
                return IPv4Range(
                    of: IPv4Address(number: UInt32(bigEndian: base)), prefixLength: UInt32(bigEndian: mask).nonzeroBitCount)
            }
        } catch {
            // A machine that does not tell has whatever it has, and two networks with one range fail when they meet.
            return []
        }
    }
}
