import Foundation
import Testing

/// The floors of docs/architecture.md.
///
/// A module imports modules of lower floors only, never its own floor.
private let floors: [String: Int] = [
    "strata": 8,
    "Commands": 7,
    "Explorer": 6,
    "Reports": 5,
    "Operations": 4,
    "LayerAnalysis": 3, "ImageTransfer": 3, "Distribution": 3, "Reclamation": 3, "ImageBuild": 3,
    "ContainerRuntime": 3,
    "ImageStorage": 2, "PackageDatabases": 2, "EngineStores": 2,
    "ContentStorage": 1, "DockerfileLanguage": 1, "LayerArchive": 1, "BoltDatabase": 1,
    "SQLiteFiles": 1, "TerminalScreen": 1,
    "StorageIO": 0, "OCISpec": 0, "SettingsFile": 0, "CLibArchive": 0, "CISAL": 0, "CDeflate": 0, "CZstd": 0, "CXXHash": 0,
    "TextPatterns": -1, "TextValues": -1, "CLinux": -1, "CCrypto": -1, "CCurl": -1, "CNcurses": -1, "CArguments": -1,
    "CVersion": -1,
]

/// Libraries that only these modules may use: an edge more is a decision to be argued, not an accident.
private let libraryOwners: [String: Set<String>] = [
    "ArgumentParser": ["Commands"],
    "GRDB": ["ImageStorage"], "GRDBSQLite": ["ImageStorage", "SQLiteFiles"],
    "CLibArchive": ["LayerArchive"], "CISAL": ["LayerArchive"], "CDeflate": ["LayerArchive"], "CZstd": ["LayerArchive"],
    "CXXHash": ["LayerArchive"],
    "CLinux": ["StorageIO", "ContainerRuntime"], "CCrypto": ["OCISpec"], "CCurl": ["Distribution"],
    "CNcurses": ["TerminalScreen"], "CArguments": ["Commands"], "CVersion": ["Commands"],
]

/// Which module may know which.
@Suite struct FloorTests {
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
}
