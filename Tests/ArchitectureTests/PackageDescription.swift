import Foundation
import TestSupport
import Testing

/// The package's own description, as Package.swift gives it to the package manager.
struct Package: Sendable {
    struct Target: Sendable {
        let name: String
        let isSwift: Bool
        let targetNames: [String]
        let productNames: [String]
    }

    let root: URL
    let modules: [Target]

    /// Asks the package manager, which alone knows what the manifest means.
    static func load() throws -> Package { try description.get() }

    private static let description = Result { try read() }

    private static func read() throws -> Package {
        let root = URL(filePath: Program.packageRoot)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // A scratch path of its own: the tests' own is locked for as long as they run.
        let scratch = FileManager.default.temporaryDirectory.appending(path: "strata-dump-\(UUID().uuidString)")
        defer { remove(scratch) }
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "`swift package dump-package` failed")
        return Package(root: root, modules: try modules(data))
    }

    private static func modules(_ data: Data) throws -> [Target] {
        let manifest = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let targets = try #require(manifest["targets"] as? [[String: Any]])
        return targets.compactMap { target in
            guard let name = target["name"] as? String, let type = target["type"] as? String else { return nil }
            guard type != "test", name != "TestSupport" else { return nil }
            let dependencies = target["dependencies"] as? [[String: Any]] ?? []
            let targetNames = dependencies.compactMap { ($0["byName"] as? [Any])?.first as? String }
            let productNames = dependencies.compactMap { ($0["product"] as? [Any])?.first as? String }
            return Target(name: name, isSwift: type != "system", targetNames: targetNames, productNames: productNames)
        }
    }

    private static func remove(_ folder: URL) {
        // What stays lies in the temporary folder of the test run.
        do { try FileManager.default.removeItem(at: folder) } catch {}
    }

    /// Every Swift file of a module with its text.
    func sources(of module: String) throws -> [(file: String, text: String)] {
        try SourceFile.all(below: "Sources/\(module)").map { ($0.path, $0.text) }
    }

    /// Every module that a file of the module imports.
    func imports(of module: String) throws -> [(file: String, module: String)] {
        try sources(of: module).flatMap { file, text in
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1 else { return nil }
                return (file, words[words.count - 1].split(separator: ".").first.map(String.init) ?? "")
            }
        }
    }
}
