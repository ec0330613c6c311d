// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Failpoints let the tests kill the program at every step of a durable write. A shipped binary (`make release`) has none.
let isShipped = Context.environment["STRATA_SHIP"] != nil
let failpoints: [SwiftSetting] = isShipped ? [] : [.define("STRATA_FAILPOINTS")]

// What `make` says of the build; `strata --version` tells it.
let build: [CSetting] = ["STRATA_COMMIT", "STRATA_BUILD_DAY"].compactMap { name in
    Context.environment[name].flatMap { $0.isEmpty ? nil : .define(name, to: $0) }
}

// What is tested is optimised; the tests themselves are not, which halves the time to build them.
let quick: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
// SQLite as GRDB links it, for the statements that users write.
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// A module of the house; its floor stands in docs/architecture.md and ArchitectureTests.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + failpoints)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: strict + failpoints + quick)
}

let package = Package(
    name: "strata",
    products: [.executable(name: "strata", targets: ["strata"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Floor 8: the process.
        .executableTarget(name: "strata", dependencies: ["Commands"], swiftSettings: strict),
        // Floor 7: the command line. It may import everything below.
        module(
            "Commands",
            [
                "Explorer", "TerminalScreen", "Reports", "Operations", "LayerAnalysis", "ImageTransfer", "Distribution",
                "Reclamation", "ImageStorage",
                "PackageDatabases", "EngineStores", "BoltDatabase", "SQLiteFiles",
                "ContentStorage",
                "LayerArchive", "ImageBuild", "ContainerRuntime", "DockerfileLanguage", "StorageIO", "SettingsFile",
                "TextPatterns", "TextValues", "OCISpec", "CArguments", "CVersion", argumentParser, system,
            ]),
        // Floor 6: what a person looks at and acts on, key by key.
        module(
            "Explorer",
            [
                "Reports", "Operations", "LayerAnalysis", "ImageTransfer", "Distribution", "Reclamation", "EngineStores",
                "ImageStorage", "ContentStorage",
                "LayerArchive", "TerminalScreen", "TextPatterns", "TextValues", "StorageIO", "OCISpec",
            ]),
        // Floor 5: results as text and documents. It renders what the floors below computed.
        .target(
            name: "Reports",
            dependencies: [
                "Operations", "LayerAnalysis", "PackageDatabases", "Reclamation", "ImageStorage", "EngineStores",
                "ContentStorage",
                "LayerArchive", "TextValues", "OCISpec",
            ],
            resources: [
                .embedInCode("Page/page.css"), .embedInCode("Page/core.js"), .embedInCode("Page/treemap.js"),
                .embedInCode("Page/image.js"), .embedInCode("Page/diff.js"), .embedInCode("Page/host.js"),
                .embedInCode("Page/start.js"),
            ], swiftSettings: strict + failpoints),
        // Floor 4: use cases. It wires the modules of floor 3, which do not know each other; it knows no terminal.
        module(
            "Operations",
            [
                "LayerAnalysis", "ImageTransfer", "Distribution", "Reclamation", "ImageBuild", "ContainerRuntime", "ImageStorage",
                "PackageDatabases", "EngineStores", "ContentStorage", "LayerArchive", "DockerfileLanguage", "StorageIO",
                "SettingsFile",
                "TextPatterns", "TextValues", "OCISpec", system,
            ]),
        // Floor 3: one subject each.
        module("LayerAnalysis", ["PackageDatabases", "LayerArchive", "SettingsFile", "TextPatterns", "TextValues", "OCISpec"]),
        module(
            "ImageTransfer", ["ImageStorage", "EngineStores", "ContentStorage", "LayerArchive", "StorageIO", "OCISpec", system]),
        module(
            "Distribution",
            [
                "ImageStorage", "ContentStorage", "LayerArchive", "StorageIO", "TextPatterns", "TextValues", "OCISpec", "CCurl",
                system, yams,
            ]),
        module(
            "Reclamation",
            [
                "ImageStorage", "EngineStores", "ContentStorage", "LayerArchive", "StorageIO", "SettingsFile", "TextPatterns",
                "TextValues",
                "OCISpec",
            ]),
        module(
            "ImageBuild",
            ["DockerfileLanguage", "LayerArchive", "StorageIO", "SettingsFile", "TextPatterns", "TextValues", "OCISpec", system]),
        module(
            "ContainerRuntime", ["ContentStorage", "LayerArchive", "StorageIO", "TextValues", "OCISpec", "CLinux", system]),
        // Floor 2: what an image is in a store and in a tree.
        module("ImageStorage", ["ContentStorage", "LayerArchive", "StorageIO", "TextValues", "OCISpec", grdb, sqlite, system]),
        module("PackageDatabases", ["SQLiteFiles", "LayerArchive", "TextValues"]),
        module("EngineStores", ["BoltDatabase", "SQLiteFiles", "StorageIO", "OCISpec", system]),
        // Floor 1: bytes and texts as they are stored. It knows no image.
        module("ContentStorage", ["StorageIO", "TextValues", "OCISpec", system]),
        module("LayerArchive", ["StorageIO", "OCISpec", "CLibArchive", "CISAL", "CDeflate", "CZstd", "CXXHash", system]),
        module("DockerfileLanguage", ["SettingsFile", "TextPatterns", "TextValues", "OCISpec"]),
        module("BoltDatabase", ["StorageIO"]),
        module("TerminalScreen", ["TextValues", "CNcurses", system]),
        module("SQLiteFiles", ["StorageIO", sqlite]),
        // Floor 0: the system, the specifications' documents, files of settings. It knows nothing of strata.
        module("StorageIO", ["CLinux", system]),
        module("OCISpec", ["TextPatterns", "TextValues", "CCrypto"]),
        module("SettingsFile", [yams]),
        // Below: rules of text, which all of these may use.
        module("TextPatterns"),
        module("TextValues"),
        .systemLibrary(name: "CLinux"),
        // libcurl is loaded at run time; its headers are for the types alone.
        .target(name: "CCurl"),
        // ncurses likewise.
        .target(name: "CNcurses"),
        .target(name: "CArguments"),
        .target(name: "CVersion", cSettings: build),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibArchive", path: isShipped ? "Sources/CLibArchive/Static" : "Sources/CLibArchive/Shared",
            providers: [.apt(["libarchive-dev", "liblzma-dev", "liblz4-dev", "libbz2-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(
            name: "CDeflate", path: isShipped ? "Sources/CDeflate/Static" : "Sources/CDeflate/Shared",
            providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        // Tests
        .target(
            name: "TestSupport", dependencies: ["OCISpec"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("ArchitectureTests", []),
        tests("OCISpecTests", ["OCISpec", "TextValues"]),
        tests("TextPatternsTests", ["TextPatterns"]),
        tests("TextValuesTests", ["TextValues"]),
        tests("DockerfileLanguageTests", ["DockerfileLanguage", "OCISpec"]),
        tests("StorageIOTests", ["StorageIO", system]),
        tests("BoltDatabaseTests", ["BoltDatabase", "StorageIO", system]),
        tests("SQLiteFilesTests", ["SQLiteFiles", "StorageIO", system]),
        tests("LayerArchiveTests", ["LayerArchive", "StorageIO", "OCISpec", system]),
        tests("ContentStorageTests", ["ContentStorage", "StorageIO", "OCISpec", system]),
        tests(
            "ImageStorageTests",
            ["ImageStorage", "ContentStorage", "LayerArchive", "StorageIO", "TextValues", "OCISpec", grdb, system]),
        tests("LayerAnalysisTests", ["LayerAnalysis", "PackageDatabases", "LayerArchive", "SettingsFile", "OCISpec"]),
        tests(
            "EngineStoresTests", ["EngineStores", "BoltDatabase", "SQLiteFiles", "LayerArchive", "StorageIO", "OCISpec", system]),
        tests("PackageDatabasesTests", ["PackageDatabases", "LayerArchive"]),
        tests(
            "ImageTransferTests",
            [
                "ImageTransfer", "LayerAnalysis", "ImageStorage", "ContentStorage", "LayerArchive", "StorageIO", "OCISpec",
                system,
            ]),
        tests(
            "ReclamationTests",
            ["Reclamation", "ImageStorage", "ContentStorage", "StorageIO", "OCISpec", "strata", system]),
        tests("DistributionTests", ["Distribution"]),
        tests("SettingsFileTests", ["SettingsFile"]),
        tests("ContainerRuntimeTests", ["ContainerRuntime", "ContentStorage", "LayerArchive", "StorageIO", "OCISpec", system]),
        tests(
            "OperationsTests",
            [
                "Operations", "LayerAnalysis", "ImageTransfer", "Distribution", "Reclamation", "ImageStorage", "ContentStorage",
                "StorageIO", "OCISpec", system,
            ]),
        tests("ImageBuildTests", ["ImageBuild", "DockerfileLanguage", "LayerArchive", "StorageIO", "OCISpec", system]),
        tests("ReportsTests", ["Reports", "LayerAnalysis", "PackageDatabases", "LayerArchive", "TextValues", "OCISpec"]),
        tests("TerminalScreenTests", ["TerminalScreen"]),
        tests(
            "ExplorerTests",
            [
                "Explorer", "TerminalScreen", "Reports", "Operations", "LayerAnalysis", "ImageTransfer", "Distribution",
                "ContentStorage", "LayerArchive", "OCISpec", "strata",
            ]),
        tests("EngineTests", ["strata", "OCISpec"]),
        tests(
            "CommandTests", ["strata", "StorageIO", "OCISpec", system],
            exclude: ["Golden", "complete-in-shell.py", "report-reader.py", "root-listing.py", "tls-front.py"]),
    ],
    swiftLanguageModes: [.v6]
)
