// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html

package import ContentStorage
import FoundationEssentials
import StorageIO

extension ContainerFolder {
    /// The number, for this process, of the container's own first process; nil where it does not run, or where the kernel does not
    /// tell.
    ///
    /// It is the child of the runtime that has the number in the runtime's namespace which the runtime noted.
    package func firstProcess() throws(RuntimeError) -> Int32? {
        guard let runtime = try knownRuntimeProcess(), let noted = bundle.commandProcess else { return nil }
        guard let depth = Self.numbers("NSpid", of: runtime)?.indices.last else { return nil }
        for child in Self.children(of: runtime) {
            guard let numbers = Self.numbers("NSpid", of: child), numbers.count > depth, numbers[depth] == noted else { continue }
            // The container that ended meanwhile may have left its number to another one.
            return Self.numbers("PPid", of: child) == [runtime] ? child : nil
        }
        return nil
    }

    private static func children(of process: Int32) -> [Int32] {
        let folder = "/proc/\(process)/task"
        do {
            let threads = try FileManager.default.contentsOfDirectory(atPath: folder)
            return threads.flatMap { thread in
                (text("\(folder)/\(thread)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        } catch {
            // It has ended.
            return []
        }
    }

    /// The numbers that a process's status has under a key.
    private static func numbers(_ key: String, of process: Int32) -> [Int32]? {
        let line = text("/proc/\(process)/status")?.split(separator: "\n").first { $0.hasPrefix("\(key):") }
        return line?.split { $0.isWhitespace }.dropFirst().compactMap { Int32($0) }
    }

    private static func text(_ path: String) -> String? {
        // One that has ended has no files.
        do throws(StorageError) { return String(decoding: try File.readStream(path, limit: 1 << 20), as: UTF8.self) } catch {
            return nil
        }
    }
}
