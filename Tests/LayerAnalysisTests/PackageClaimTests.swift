import LayerAnalysis
import LayerArchive
import PackageDatabases
import TestSupport
import Testing

/// What packages of random trees own, against a model that follows paths the slow way.
@Suite struct PackageClaimTests {
    /// A tree of folders, files and symlinks: path to what stands there.
    private struct Tree {
        enum Thing {
            case folder
            case file(Int)
            case link(String)
        }

        var things: [String: Thing] = ["": .folder]

        /// The file or symlink that a path names, its last part not followed.
        func find(_ path: String) -> String? {
            var left = 600
            var here: [String] = []
            var rest = path.split(separator: "/").map(String.init)
            while !rest.isEmpty {
                left -= 1
                if left == 0 { return nil }
                let part = rest.removeFirst()
                if part == "." { continue }
                if part == ".." {
                    _ = here.popLast()
                    continue
                }
                let place = (here + [part]).joined(separator: "/")
                switch things[place] {
                case nil: return nil
                case .folder: here.append(part)
                case .file: return rest.isEmpty ? place : nil
                case .link(let target):
                    if rest.isEmpty { return place }
                    if target.hasPrefix("/") { here = [] }
                    rest = target.split(separator: "/").map(String.init) + rest
                }
            }
            return nil
        }

        var members: [TarMember] {
            things.filter { $0.key != "" }.sorted { $0.key < $1.key }.map { path, thing in
                switch thing {
                case .folder: .directory(path)
                case .file(let size): .file(path, size: size)
                case .link(let target): .symlink(path, to: target)
                }
            }
        }
    }

    private final class Bytes: ByteSource {
        private var left: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { left = bytes[...] }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
            let piece = left.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            left = left.dropFirst(piece.count)
            return piece.count
        }
    }

    private func randomTree(_ numbers: inout SeededNumbers) -> Tree {
        var tree = Tree()
        var folders = [""]
        for _ in 0..<numbers.number(1...4) {
            let path = [numbers.one(of: folders), numbers.one(of: ["a", "b", "c"])].filter { !$0.isEmpty }.joined(separator: "/")
            if tree.things[path] == nil { folders.append(path) }
            tree.things[path] = .folder
        }
        for _ in 0..<numbers.number(1...8) {
            let path = [numbers.one(of: folders), numbers.one(of: ["x", "y", "z"])].filter { !$0.isEmpty }.joined(separator: "/")
            tree.things[path] = .file(numbers.number(1...900))
        }
        for _ in 0..<numbers.number(0...5) {
            let path = [numbers.one(of: folders), numbers.one(of: ["l", "m", "n"])].filter { !$0.isEmpty }.joined(separator: "/")
            tree.things[path] = .link(numbers.one(of: ["/", "", "../"]) + randomPath(&numbers))
        }
        return tree
    }

    private func randomPath(_ numbers: inout SeededNumbers) -> String {
        (0..<numbers.number(1...4)).map { _ in numbers.one(of: ["a", "b", "c", "l", "m", "n", "x", "y", ".", ".."]) }
            .joined(separator: "/")
    }

    @Test func eachFileIsTheFirstPackagesThatListsIt() throws {
        for seed in 0..<400 {
            var numbers = SeededNumbers(seed: seed)
            let tree = randomTree(&numbers)
            let lists = ["p", "q"].map { name in (name, (0..<6).map { _ in randomPath(&numbers) }) }
            var members = tree.members
            members.append(.file("var/lib/dpkg/status", text: lists.map { "Package: \($0.0)\nVersion: 1\n\n" }.joined()))
            for (name, paths) in lists {
                members.append(.file("var/lib/dpkg/info/\(name).list", text: paths.map { "/\($0)\n" }.joined()))
            }
            let index = try LayerScanner.scan(source: Bytes(Tar(members).bytes)).index
            var merged = MergedTree()
            try merged.apply(index)
            let inventory = merged.inventory([index])

            var owned: Set<String> = []
            let expected = lists.map { _, paths in
                paths.compactMap(tree.find).reduce(Int64(0)) { sum, place in
                    guard owned.insert(place).inserted, case .file(let size) = tree.things[place] else { return sum }
                    return sum + Int64(size)
                }
            }
            #expect(inventory.problems == [], "seed \(seed)")
            #expect(inventory.packages.map(\.bytes) == expected, "seed \(seed): \(tree.things) \(lists)")
        }
    }
}
