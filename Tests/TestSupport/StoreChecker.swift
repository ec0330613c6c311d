import Foundation

/// Checks a store from outside, with nothing of the modules that write it: what is promised of its files must hold.
package struct StoreChecker {
    private static let rootNames: Set<String> = [
        "oci-layout", "index.json", "blobs", "strata.json", "ingest", "layers", "containers", "volumes", "plans", "trash",
        "locks", "cache", "networks",
        "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm",
    ]

    private let root: URL
    private var problems: [String] = []
    private var visited: Set<String> = []

    /// What is wrong with the store at `path`, one line each; empty when all is well.
    package static func problems(at path: String) -> [String] {
        var checker = StoreChecker(root: URL(fileURLWithPath: path, isDirectory: true))
        checker.checkNames()
        checker.checkMarkers()
        checker.checkBlobs()
        checker.checkIndex()
        return checker.problems
    }

    private init(root: URL) {
        self.root = root
    }

    private mutating func checkNames() {
        for name in names("") where !Self.rootNames.contains(name) { problems.append("unknown file: \(name)") }
        for name in names("ingest") { problems.append("left over: ingest/\(name)") }
        for name in names("locks") where !name.hasSuffix(".lock") && name != "reserve" && !name.hasPrefix("spare.") {
            problems.append("left over: locks/\(name)")
        }
        for name in names("trash") { problems.append("left over: trash/\(name)") }
    }

    private mutating func checkMarkers() {
        if object("oci-layout")?["imageLayoutVersion"] as? String != "1.0.0" { problems.append("oci-layout is no layout's") }
        if object("strata.json")?["format"] as? Int != 1 { problems.append("strata.json has no known format") }
    }

    private mutating func checkBlobs() {
        for algorithm in names("blobs") {
            let names = names("blobs/\(algorithm)")
            let regular = names.filter { name in
                let path = file("blobs/\(algorithm)/\(name)").path
                return (try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType) == .typeRegular
            }
            for name in Set(names).subtracting(regular).sorted() {
                problems.append("not a regular file: blobs/\(algorithm)/\(name)")
            }
            let hashes = hashes(of: regular, algorithm)
            for name in regular where hashes[name] != name {
                problems.append("content does not match its name: blobs/\(algorithm)/\(name)")
            }
        }
    }

    private mutating func checkIndex() {
        guard let index = object("index.json") else {
            problems.append("index.json does not parse")
            return
        }
        if index["schemaVersion"] as? Int != 2 { problems.append("index.json: schemaVersion is not 2") }
        guard let entries = index["manifests"] as? [[String: Any]] else {
            problems.append("index.json has no manifests")
            return
        }
        var seen: Set<String> = []
        for entry in entries {
            let name = (entry["annotations"] as? [String: String])?["org.opencontainers.image.ref.name"] ?? ""
            if !seen.insert("\(entry["digest"] ?? "") \(name)").inserted { problems.append("listed twice: \(entry)") }
            visit(entry, from: "index.json", isRequired: true)
        }
    }

    /// Looks at a descriptor and all it leads to.
    ///
    /// Only a manifest that an index lists may be absent.
    private mutating func visit(_ descriptor: [String: Any], from origin: String, isRequired: Bool) {
        guard let digest = descriptor["digest"] as? String, let size = descriptor["size"] as? Int,
            let mediaType = descriptor["mediaType"] as? String
        else {
            problems.append("not a descriptor in \(origin): \(descriptor)")
            return
        }
        let path = "blobs/" + digest.replacingOccurrences(of: ":", with: "/")
        guard FileManager.default.fileExists(atPath: file(path).path) else {
            let isForeign = mediaType.contains(".nondistributable.") || mediaType.contains(".foreign.")
            if isRequired, !isForeign { problems.append("absent: \(digest), which \(origin) needs") }
            return
        }
        let actual = (try? FileManager.default.attributesOfItem(atPath: file(path).path)[.size] as? Int) ?? -1
        if actual != size { problems.append("\(digest) has \(actual) bytes, but \(origin) says \(size)") }
        guard mediaType.contains("manifest") || mediaType.contains("image.index"), visited.insert(digest).inserted else { return }
        guard let document = object(path) else {
            problems.append("not a document: \(digest), from \(origin)")
            return
        }
        for child in document["manifests"] as? [[String: Any]] ?? [] { visit(child, from: digest, isRequired: false) }
        if let config = document["config"] as? [String: Any] { visit(config, from: digest, isRequired: true) }
        for layer in document["layers"] as? [[String: Any]] ?? [] { visit(layer, from: digest, isRequired: true) }
    }

    private func file(_ path: String) -> URL { root.appendingPathComponent(path) }

    private func names(_ path: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path.isEmpty ? root.path : file(path).path)) ?? []
        return all.sorted()
    }

    private func object(_ path: String) -> [String: Any]? {
        guard let data = try? Data(contentsOf: file(path)) else { return nil }
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    }

    /// The hashes of files below `blobs`, by another program than the one under test; without those that cannot be read.
    private func hashes(of names: [String], _ algorithm: String) -> [String: String] {
        var hashes: [String: String] = [:]
        let program = Program(algorithm == "sha256" ? "sha256sum" : "sha512sum")
        // As many at once as one command line surely takes.
        for start in stride(from: 0, to: names.count, by: 1000) {
            let paths = names[start..<min(start + 1000, names.count)].map { file("blobs/\(algorithm)/\($0)").path }
            let output = (try? program.run(["--zero", "--"] + paths))?.output ?? ""
            for line in output.split(separator: "\0") {
                let parts = line.split(separator: " ", maxSplits: 1)
                guard parts.count == 2, let name = parts[1].split(separator: "/").last else { continue }
                hashes[String(name)] = String(parts[0])
            }
        }
        return hashes
    }
}
