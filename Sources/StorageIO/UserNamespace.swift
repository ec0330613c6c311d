// https://man7.org/linux/man-pages/man7/user_namespaces.7.html

/// The user namespace that this process is in.
package enum UserNamespace {
    /// Whether it is the machine's own, in which root may do everything.
    ///
    /// It is to be asked once the process is where it stays.
    package static let isInitial: Bool = {
        do throws(StorageError) {
            let text = String(decoding: try File.readStream("/proc/self/uid_map", limit: 64 << 10), as: UTF8.self)
            let words = text.split { $0.isWhitespace }
            return words.count == 3 && words[0] == "0" && words[1] == "0" && words[2] == "4294967295"
        } catch {
            // A kernel without such namespaces.
            return true
        }
    }()
}
