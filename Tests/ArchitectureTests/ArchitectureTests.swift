import Foundation
import Testing

/// The floors of docs/architecture.md.
///
/// A module imports modules of lower floors only, never its own floor.
private let floors: [String: Int] = [
    "strata": 7,
    "Commands": 6,
    "Reports": 5,
    "Operations": 4,
    "LayerAnalysis": 3, "ImageTransfer": 3, "Distribution": 3, "Reclamation": 3, "ImageBuild": 3,
    "ContainerRuntime": 3,
    "ImageStorage": 2, "PackageDatabases": 2,
    "ContentStorage": 1, "DockerfileLanguage": 1, "LayerArchive": 1,
    "StorageIO": 0, "OCISpec": 0, "SettingsFile": 0, "CLibArchive": 0, "CISAL": 0, "CZstd": 0,
    "CXXHash": 0, "TextPatterns": -1, "TextValues": -1, "CLinux": -1, "CCrypto": -1, "CCurl": -1, "CArguments": -1,
]

/// Libraries that only these modules may use: an edge more is a decision to be argued, not an accident.
private let libraryOwners: [String: Set<String>] = [
    "ArgumentParser": ["Commands"],
    "GRDB": ["ImageStorage"], "GRDBSQLite": ["ImageStorage", "PackageDatabases"],
    "CLibArchive": ["LayerArchive"], "CISAL": ["LayerArchive"], "CZstd": ["LayerArchive"], "CXXHash": ["LayerArchive"],
    "CLinux": ["StorageIO", "ContainerRuntime"], "CCrypto": ["OCISpec"], "CCurl": ["Distribution"],
    "CArguments": ["Commands"],
]

@Suite struct ArchitectureTests {
    @Test func everyModuleHasAFloor() throws {
        for target in try Package.load().modules {
            #expect(floors[target.name] != nil, "\(target.name) has no floor: give it one here and in docs/architecture.md")
        }
    }

    @Test func arrowsPointDown() throws {
        for target in try Package.load().modules {
            for dependency in target.targetNames {
                let (from, to) = (floors[target.name] ?? 0, floors[dependency] ?? 0)
                #expect(to < from, "\(target.name) (floor \(from)) must not depend on \(dependency) (floor \(to))")
            }
        }
    }

    @Test func librariesStayWithTheirOwners() throws {
        for target in try Package.load().modules {
            for library in target.targetNames + target.productNames {
                guard let owners = libraryOwners[library] else { continue }
                #expect(owners.contains(target.name), "only \(owners.sorted()) may use \(library), not \(target.name)")
            }
        }
    }

    @Test func importsAreDeclared() throws {
        let package = try Package.load()
        for target in package.modules where target.isSwift {
            let allowed = Set(target.targetNames + target.productNames)
            for (file, module) in try package.imports(of: target.name) where floors[module] != nil || libraryOwners[module] != nil
            {
                #expect(allowed.contains(module), "\(file) imports \(module), which Package.swift does not give \(target.name)")
            }
        }
    }

    @Test func noModuleBearsTheNameOfATypeInside() throws {
        let package = try Package.load()
        for target in package.modules where target.isSwift {
            let pattern = "(class|struct|enum|actor|protocol|typealias) \(target.name)[^A-Za-z0-9_]"
            for (file, text) in try package.sources(of: target.name) {
                #expect(text.range(of: pattern, options: .regularExpression) == nil, "\(file) names a type after its module")
            }
        }
    }

    @Test func libraryCodeNeverSwallowsOrTraps() throws {
        let package = try Package.load()
        for target in package.modules where target.isSwift {
            for (file, text) in try package.sources(of: target.name) {
                for word in [#"\btry[?!]"#, #"\bfatalError\("#] {
                    #expect(text.range(of: word, options: .regularExpression) == nil, "\(file) has a `\(word)`")
                }
            }
        }
    }
}

/// The package's own description, as Package.swift gives it to the package manager.
private struct Package {
    struct Target {
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
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // A scratch path of its own: the tests' own is locked for as long as they run.
        let scratch = FileManager.default.temporaryDirectory.appending(path: "strata-dump-\(UUID().uuidString)")
        defer { do { try FileManager.default.removeItem(at: scratch) } catch {} }
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

    /// Every Swift file of a module with its text.
    func sources(of module: String) throws -> [(file: String, text: String)] {
        let folder = root.appending(path: "Sources").appending(path: module)
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try names.sorted().map { name in
            ("\(module)/\(name)", try String(contentsOf: folder.appending(path: name), encoding: .utf8))
        }
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
