package import Distribution
package import EngineStores
import Glibc
import Synchronization

/// Whether engines answer, and what they say of themselves; each is asked once.
package final class EngineProbe: Sendable {
    /// What is known of an engine that was asked.
    package struct Answer: Hashable, Sendable {
        /// Whether it runs; nil where that cannot be told.
        package var isRunning: Bool?
        /// Its release, where it says so.
        package var version: String?
        /// Its root, where it says so.
        package var root: String?
        /// Its driver, where it says so.
        package var driver: String?
        /// What tells it from other engines, where it says so.
        package var id: String?
    }

    private let userAgent: String
    private let answers = Mutex<[String: Answer]>([:])

    /// A probe that calls itself so.
    package init(userAgent: String) { self.userAgent = userAgent }

    /// Asks the engine at a socket, for a few seconds at most.
    ///
    /// containerd and BuildKit are only connected to: that somebody listens is all that can be learned so.
    package func ask(_ kind: EngineKind, at socket: String) -> Answer {
        let key = "\(kind.rawValue) \(socket)"
        if let known = answers.withLock({ $0[key] }) { return known }
        let answer = askAnew(kind, at: socket)
        answers.withLock { $0[key] = answer }
        return answer
    }

    private func askAnew(_ kind: EngineKind, at socket: String) -> Answer {
        guard let listens = Self.somebodyListens(at: socket) else { return Answer(isRunning: nil) }
        guard listens else { return Answer(isRunning: false) }
        switch kind {
        case .containerd, .buildkit, .registry: return Answer(isRunning: true)
        case .docker, .podman:
            do throws(EngineAPIError) {
                let info = try EngineClient(socket: socket, userAgent: userAgent, silence: 5).info()
                return Answer(isRunning: true, version: info.version, root: info.root, driver: info.driver, id: info.id)
            } catch {
                // Somebody listens, and says nothing of use: the files tell the rest.
                return Answer(isRunning: true)
            }
        }
    }

    /// Whether a connection to a socket comes about; nil where it is not there, or may not be used.
    static func somebodyListens(at path: String) -> Bool? {
        guard let fd = connect(to: path) else { return errno == ECONNREFUSED ? false : nil }
        close(fd)
        return true
    }

    /// A connection to a socket, which is the caller's to close; nil where none comes about, with the system's reason in `errno`.
    static func connect(to path: String) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            errno = ENAMETOOLONG
            return nil
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard fd >= 0 else { return nil }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 || errno == EAGAIN { return fd }
        let reason = errno
        close(fd)
        errno = reason
        return nil
    }
}
