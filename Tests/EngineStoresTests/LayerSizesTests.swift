import EngineStores
import Foundation
import Glibc
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// What a look remembers of layers' contents, and that the next one says the same by it.
@Suite struct LayerSizesTests {
    /// A root by chance: layers, some of which may change still, with hard links in a layer, between two and to what is none.
    private struct Root {
        let tree: TemporaryDirectory
        var places = PlaceTree()
        /// The folders with contents, or those of layers, by whether nobody changes them any more.
        var contents: [(path: String, isFinal: Bool)] = []

        init(seed: Int) throws {
            tree = try TemporaryDirectory()
            var numbers = SeededNumbers(seed: seed)
            places.claim("", .engineOwn, below: .unexplained)
            var files: [String] = []
            for number in 0..<numbers.number(1...6) {
                let layer = "layers/\(number)"
                let content = "\(layer)/\(numbers.one(of: ["diff", "fs"]))"
                let part = numbers.one(of: [PlaceTree.FinalPart.nothing, .content, .content, .whole])
                places.claim(layer, .imageLayers, .layer("\(number)"), final: part)
                contents.append((part == .whole ? layer : content, part != .nothing))
                try makeFolder("\(layer)/work/work")
                try write("\(layer)/link", numbers.number(0...9))
                var folders = [content]
                try makeFolder(content)
                for place in 0..<numbers.number(0...25) {
                    let path = "\(numbers.one(of: folders))/n\(place)"
                    if numbers.chance(20) {
                        try makeFolder(path)
                        folders.append(path)
                    } else if !files.isEmpty, numbers.chance(numbers.one(of: [0, 30])) {
                        try FileManager.default.linkItem(atPath: tree.path(numbers.one(of: files)), toPath: tree.path(path))
                    } else {
                        try write(path, numbers.number(0...20_000))
                        files.append(path)
                    }
                }
            }
            try makeFolder("other")
            if let file = files.first, numbers.chance(30) {
                try FileManager.default.linkItem(atPath: tree.path(file), toPath: tree.path("other/link"))
            }
        }

        private func makeFolder(_ path: String) throws {
            try FileManager.default.createDirectory(atPath: tree.path(path), withIntermediateDirectories: true)
        }

        func write(_ path: String, _ count: Int) throws {
            try Data(count: count).write(to: URL(fileURLWithPath: tree.path(path)), options: [])
        }

        func look(_ known: [FolderStamp: FolderSize] = [:]) throws -> EngineDisk {
            try EngineDisk(try Directory.open(FilePath(tree.path)), places, known: known)
        }

        func stamp(_ path: String) throws -> FolderStamp {
            FolderStamp(try Directory.open(FilePath(tree.path(path))).status())
        }

        /// Whether every name of every inode below a folder is below it.
        func isClosed(_ path: String) throws -> Bool {
            var names: [UInt64: (found: Int, wanted: Int)] = [:]
            let items = try #require(FileManager.default.enumerator(atPath: tree.path(path)))
            for case let item as String in items {
                var raw = stat()
                lstat(tree.path("\(path)/\(item)"), &raw)
                guard raw.st_mode & S_IFMT != S_IFDIR else { continue }
                names[UInt64(raw.st_ino), default: (0, Int(raw.st_nlink))].found += 1
            }
            return names.values.allSatisfy { $0.found == $0.wanted }
        }
    }

    private func expectSame(_ first: EngineDisk, _ second: EngineDisk, _ root: Root) throws {
        #expect(try second.totalBytes == du(root.tree.path))
        #expect(first.totalBytes == second.totalBytes && first.inodeCount == second.inodeCount)
        for kind in DiskClass.allCases { #expect(first.bytes(of: kind) == second.bytes(of: kind)) }
        for number in root.contents.indices {
            #expect(first.bytes(of: .layer("\(number)")) == second.bytes(of: .layer("\(number)")))
        }
    }

    @Test(arguments: 0..<60) func theSecondLookSaysTheSame(seed: Int) throws {
        let root = try Root(seed: seed)
        let first = try root.look()
        let second = try root.look(first.layerSizes)
        try expectSame(first, second, root)
        #expect(second.layerSizes == first.layerSizes)
        let closed = try root.contents.filter { try $0.isFinal && root.isClosed($0.path) }.map { try root.stamp($0.path) }
        #expect(Set(first.layerSizes.keys) == Set(closed))
    }

    /// Only what is remembered is taken as it is, and only of a layer that nobody changes.
    @Test(arguments: 0..<20) func whatIsRememberedIsNotWalkedAgain(seed: Int) throws {
        let root = try Root(seed: seed)
        let first = try root.look()
        var known: [FolderStamp: FolderSize] = [:]
        for (path, _) in root.contents { known[try root.stamp(path)] = FolderSize(inodeCount: 1, allocatedBytes: 1 << 40) }
        let second = try root.look(known)
        let finalCount = root.contents.count(where: \.isFinal)
        #expect(second.bytes(of: .imageLayers) >> 40 == Int64(finalCount))
        #expect(second.bytes(of: .engineOwn) == first.bytes(of: .engineOwn))
    }

    @Test(arguments: 0..<20) func aFolderInPlaceOfAnotherIsMeasured(seed: Int) throws {
        let root = try Root(seed: seed)
        let known = try root.look().layerSizes
        for (path, _) in root.contents {
            let changed = try root.stamp(path)
            // A look is at least one tick of the file system's clock before what comes after it.
            while try root.stamp(path) == changed {
                try root.write("\(path)/new", 10_000)
                try FileManager.default.removeItem(atPath: root.tree.path("\(path)/new"))
            }
            try root.write("\(path)/new", 10_000)
        }
        try expectSame(try root.look(), try root.look(known), root)
    }
}
