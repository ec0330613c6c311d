import Foundation
import Glibc
import OCISpec
import Synchronization
import TestSupport
import Testing

/// Lets many readers in, or one writer: commands of strata that change names are the readers, a tool that writes back the whole
/// index that it has read is the writer.
final class NameLock: Sendable {
    private struct State {
        var readers = 0
        var isWriting = false
        var waitingWriters = 0
    }

    private let state = Mutex(State())

    /// Runs `body` beside others that share the lock.
    func shared<T>(_ body: () throws -> T) rethrows -> T {
        wait { state in
            guard !state.isWriting, state.waitingWriters == 0 else { return false }
            state.readers += 1
            return true
        }
        defer { state.withLock { $0.readers -= 1 } }
        return try body()
    }

    /// Runs `body` alone.
    func alone<T>(_ body: () throws -> T) rethrows -> T {
        state.withLock { $0.waitingWriters += 1 }
        wait { state in
            guard !state.isWriting, state.readers == 0 else { return false }
            state.isWriting = true
            state.waitingWriters -= 1
            return true
        }
        defer { state.withLock { $0.isWriting = false } }
        return try body()
    }

    private func wait(_ attempt: (inout State) -> Bool) {
        while !state.withLock({ attempt(&$0) }) { usleep(500) }
    }
}

/// The store of a soak, what is brought into it, and what came of it so far.
final class SoakScene: Sendable {
    static let imageCount = 6

    let bench: Workbench
    let names = NameLock()
    let registry: String?
    let hasSkopeo: Bool
    /// The images' IDs, by number.
    ///
    /// Which manifest an image has depends on what forms of its layers a store knows by then, and skopeo compresses what it copies.
    let ids: [String]
    /// Numbers of commands by their verb and status.
    private let counts = Mutex<[String: Int]>([:])
    private let failures = Mutex<[String]>([])

    /// A scene for so many workers; `registry` is the name of one that serves the images, if there is one.
    init(workers: Int, registry: String?) throws {
        let bench = try Workbench()
        self.bench = bench
        self.registry = registry
        hasSkopeo = Program.isInstalled("skopeo")
        let images = (0..<Self.imageCount).map(Self.image)
        for number in 0..<Self.imageCount {
            for worker in 0..<workers {
                _ = try bench.file("\(worker)-\(number).tar", Self.archive(number, "localhost/own-\(worker):a"))
            }
            _ = try bench.file("shared-\(number).tar", Self.archive(number, "localhost/soak:\(number)"))
        }
        try ImageBuilder.layout(images).write(to: bench.folder.path("layout"))
        ids = try images.map { sha256(try $0.config()).description }
        if let registry, hasSkopeo {
            for number in 0..<Self.imageCount {
                _ = try bench.shell(
                    "skopeo copy -q --insecure-policy --dest-tls-verify=false \"oci:$1:$2\" \"docker://$3\"",
                    bench.folder.path("layout"), "localhost/soak:\(number)", "\(registry)/soak:\(number)")
            }
        }
    }

    /// Images share layers: one all of them, one every third.
    private static func image(_ number: Int) -> ImageBuilder {
        let layers = [UInt64(1), UInt64(number % 3) + 10, UInt64(number) + 20].map { seed in
            BuiltLayer([.file("f\(seed)", size: 30_000 + Int(seed) * 100, seed: seed)])
        }
        return ImageBuilder(layers, named: "localhost/soak:\(number)")
    }

    private static func archive(_ number: Int, _ name: String) throws -> [UInt8] {
        let image = image(number).with { $0.names = [name] }
        return number % 2 == 0 ? try image.dockerArchive().tar : try image.layout().tar
    }

    /// The digests that `index.json` lists, by name; nothing of the modules reads them.
    ///
    /// Other tools write the file in place, so one that does not parse is read again.
    static func entries(of store: String) -> [String: String] {
        for _ in 0..<200 {
            if let data = FileManager.default.contents(atPath: "\(store)/index.json"),
                let index = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let entries = index["manifests"] as? [[String: Any]]
            {
                return entries.reduce(into: [:]) { names, entry in
                    let notes = entry["annotations"] as? [String: String]
                    if let name = notes?["org.opencontainers.image.ref.name"] { names[name] = entry["digest"] as? String }
                }
            }
            usleep(5000)
        }
        return [:]
    }

    /// The config's digest of the image that `index.json` lists as `name`; nil where it lists none.
    ///
    /// Only for a name that nobody changes meanwhile, or a manifest may be gone that was listed a moment ago.
    func imageID(of name: String, among entries: [String: String]) -> String? {
        guard let digest = entries[name] else { return nil }
        let path = "\(bench.store)/blobs/" + digest.replacing(":", with: "/")
        // Skopeo writes a manifest in place, though the store has it: for a moment it is empty.
        for _ in 0..<200 {
            if let data = FileManager.default.contents(atPath: path),
                let manifest = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let config = manifest["config"] as? [String: Any]
            {
                return config["digest"] as? String
            }
            usleep(5000)
        }
        return "lost with \(digest)"
    }

    // What came of it

    /// Notes a command's end.
    func count(_ verb: String, _ ending: String) { counts.withLock { $0["\(verb) \(ending)", default: 0] += 1 } }

    /// Notes what must not be.
    func fail(_ problem: String) { failures.withLock { $0.append(problem) } }

    /// What must not have been, so far.
    var problems: [String] { failures.withLock { $0 } }

    /// How often each command ended how.
    var summary: String {
        let counts = counts.withLock { $0 }
        let total = counts.values.reduce(0, +)
        return "\(total) commands: " + counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}
