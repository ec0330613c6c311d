// https://passt.top/builds/latest/web/passt.1.html

import FoundationEssentials
import Glibc
import StorageIO
import TextValues

/// A network that an ordinary user may make: a program that copies between a namespace and sockets of the machine's network.
///
/// It has the machine's addresses, and runs until the container has ended, or whoever keeps that was killed.
struct UserModeNetwork: Sendable {
    private let watch: ProgramWatch

    private static let name = "pasta"

    /// Starts it, and returns once ports lead into the namespace; `folder` gets its notes.
    init(_ ports: [PublishedPort], of namespace: File, in folder: String) throws(RuntimeError) {
        guard let path = Self.find() else { throw .noNetworkProgram(forRoot: false) }
        let (log, ready) = ("\(folder)/network.log", "\(folder)/network.pid")
        var words = [path, "--foreground", "--stderr", "--quiet", "--config-net", "--no-map-gw", "--pid", ready]
        for (kind, option) in [(PublishedPort.Kind.tcp, "-t"), (.udp, "-u")] {
            let own = ports.filter { $0.kind == kind }
            // Without a word on ports it takes all that anybody listens to.
            if own.isEmpty { words += [option, "none"] }
            for port in own {
                let address = port.hostAddress.map { "\($0)/" } ?? ""
                words += [option, "\(address)\(port.hostPort ?? port.port):\(port.port)"]
            }
        }
        words += ["-T", "none", "-U", "none", "--netns", "/proc/self/fd/\(ProgramWatch.descriptor)"]
        watch = try ProgramWatch(words, with: namespace, log: log)
        while Self.text(ready).isEmpty {
            if watch.hasEnded { throw .networkFailed(detail: Self.reason(Self.text(log))) }
            usleep(2000)
        }
    }

    /// The program, where it is installed.
    static func find() -> String? { ProgramRun.find(name, ProcessInfo.processInfo.environment) }

    /// Ends it.
    func end() { watch.end() }

    /// What it said last, but for its complaints that no log of the system takes what it says.
    private static func reason(_ text: String) -> String {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("Failed to send") }
        return lines.last.map(String.init) ?? "\(name) said nothing"
    }

    private static func text(_ path: String) -> String {
        // There is none yet.
        do throws(StorageError) { return String(decoding: try File.readStream(path, limit: 1 << 16), as: UTF8.self) } catch {
            return ""
        }
    }
}
