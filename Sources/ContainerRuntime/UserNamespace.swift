// https://man7.org/linux/man-pages/man7/user_namespaces.7.html

import FoundationEssentials
import Glibc

/// The user namespace that this process is in.
package enum UserNamespace {
    /// Whether it is the machine's own, in which root may do everything.
    package static let isInitial: Bool = {
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: "/proc/self/uid_map")), as: UTF8.self)
            let words = text.split { $0.isWhitespace }
            return words.count == 3 && words[0] == "0" && words[1] == "0" && words[2] == "4294967295"
        } catch {
            // A kernel without such namespaces.
            return true
        }
    }()
}
