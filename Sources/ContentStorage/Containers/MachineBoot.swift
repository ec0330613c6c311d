import StorageIO

/// The machine's current boot.
enum MachineBoot {
    /// What the kernel calls it; empty where it does not tell.
    static let id: String = {
        do throws(StorageError) {
            let bytes = try File.readStream("/proc/sys/kernel/random/boot_id", limit: 256)
            return String(decoding: bytes.prefix { $0 > 32 }, as: UTF8.self)
        } catch {
            // No boot is like it, so a run is told by its lock and its process alone.
            return ""
        }
    }()
}
