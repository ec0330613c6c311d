import DockerfileLanguage
import ImageBuild
import LayerArchive
import Testing

/// What a `COPY` puts where, told by paths.
@Suite struct CopyPlanTests {
    /// A tree in memory: a path that ends with a slash is a directory, one with ` -> ` a symlink, one with ` = N` a name of inode N.
    private struct Tree: CopySource, TargetTree {
        private var files: [[UInt8]: SourceFile] = [:]

        init(_ lines: [String]) {
            add("/", .directory)
            for line in lines {
                let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
                if parts.count == 3, parts[1] == "->" {
                    add(parts[0], .symlink, target: parts[2])
                } else if parts.count == 3, parts[1] == "=" {
                    add(parts[0], .file, inode: UInt64(parts[2]).map { FileIdentity(inode: $0) })
                } else {
                    add(line, line.hasSuffix("/") ? .directory : .file)
                }
            }
        }

        private mutating func add(_ text: String, _ kind: EntryKind, target: String = "", inode: FileIdentity? = nil) {
            let path = Array(text.split(separator: "/").joined(separator: "/").utf8)
            if let slash = path.lastIndex(of: UInt8(ascii: "/")), files[Array(path[..<slash])] == nil {
                add(String(decoding: path[..<slash], as: UTF8.self), .directory)
            }
            files[path] = SourceFile(
                path: path, kind: kind,
                FileMetadata(mode: kind == .directory ? 0o750 : 0o640, uid: 7, gid: 8, mtimeSeconds: 100),
                size: kind == .file ? 5 : 0, linkTarget: Array(target.utf8), inode: inode)
        }

        func file(at path: [UInt8]) -> SourceFile? { files[path] }

        func children(of path: [UInt8]) -> [SourceFile] {
            files.values.filter { file in
                guard !file.path.isEmpty else { return false }
                return Array(file.path.dropLast(file.name.count + (file.path.contains(UInt8(ascii: "/")) ? 1 : 0))) == path
            }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
        }

        func entry(at path: [UInt8]) -> TargetEntry? {
            files[path].map { TargetEntry(kind: $0.kind, linkTarget: $0.linkTarget) }
        }
    }

    private static let context = Tree([
        "a.txt", "b.txt", "dir/x", "dir/sub/y", "empty/", "link -> dir/x", "out -> ../../etc/passwd", "loop -> loop",
        "linkdir -> dir", "h1 = 1", "h2 = 1", "x[1]",
    ])

    /// The plan as lines: path, and for content `<` and where it is from.
    private func plan(
        _ sources: String..., to destination: String, in workingDirectory: String = "", onto target: [String] = [],
        leavingOut: Set<String> = [], _ change: (inout CopyRequest) -> Void = { _ in }
    ) throws -> [String] {
        var request = CopyRequest(destination: Array(destination.utf8), workingDirectory: Array(workingDirectory.utf8))
        change(&request)
        var part = CopyPart(Self.context, .files(sources.map { Array($0.utf8) }))
        part.isIgnored = { leavingOut.contains(String(decoding: $0, as: UTF8.self)) }
        let plan = try CopyPlan(request, [part], onto: Tree(target))
        return plan.entries.map { entry in
            let path = String(decoding: entry.header.path, as: UTF8.self)
            let target = String(decoding: entry.header.linkTarget, as: UTF8.self)
            switch entry.header.kind {
            case .directory: return path + "/"
            case .symlink: return "\(path) -> \(target)"
            case .hardLink: return "\(path) = \(target)"
            default: return "\(path) < \(String(decoding: entry.content?.path ?? [], as: UTF8.self))"
            }
        }
    }

    @Test func aFileIsRenamedOrPutIntoADirectory() throws {
        #expect(try plan("a.txt", to: "/t") == ["t < a.txt"])
        #expect(try plan("a.txt", to: "/t/") == ["t/", "t/a.txt < a.txt"])
        #expect(try plan("a.txt", to: "/t", onto: ["t/"]) == ["t/a.txt < a.txt"])
        #expect(try plan("a.txt", to: "t/u", in: "w") == ["w/", "w/t/", "w/t/u < a.txt"])
        #expect(try plan("/a.txt", to: ".", in: "w", onto: ["w/"]) == ["w/a.txt < a.txt"])
        #expect(try plan("a.txt", "b.txt", to: "/d/") == ["d/", "d/a.txt < a.txt", "d/b.txt < b.txt"])
    }

    @Test func aDirectoryMeansWhatItHolds() throws {
        #expect(try plan("dir", to: "/") == ["sub/", "sub/y < dir/sub/y", "x < dir/x"])
        #expect(try plan("dir", to: "/new") == ["new/", "new/sub/", "new/sub/y < dir/sub/y", "new/x < dir/x"])
        #expect(try plan("empty", to: "/e") == ["e/"])
        #expect(try plan("empty", to: "/e", onto: ["e/"]) == [])
    }

    @Test func wildcardsAreExpandedByName() throws {
        #expect(try plan("*.txt", to: "/d/") == ["d/", "d/a.txt < a.txt", "d/b.txt < b.txt"])
        #expect(try plan("dir/*/y", to: "/d/") == ["d/", "d/y < dir/sub/y"])
        #expect(try plan("x[[]1]", to: "/t") == ["t < x[1]"])
        #expect(try plan("a.txt", "none*", to: "/d/") == ["d/", "d/a.txt < a.txt"])
    }

    @Test func symlinksLeadWithinTheirRootOnly() throws {
        #expect(try plan("link", to: "/t") == ["t < dir/x"])
        #expect(try plan("linkdir/x", to: "/t") == ["t < dir/x"])
        #expect(throws: BuildError.noSuchSource("out")) { try plan("out", to: "/t") }
        #expect(throws: BuildError.noSuchSource("../../etc/passwd")) { try plan("../../etc/passwd", to: "/t") }
        #expect(try plan("../a.txt", to: "/t") == ["t < a.txt"])
        #expect(throws: BuildError.symlinkLoop(path: Array("loop".utf8))) { try plan("loop", to: "/t") }
        // In the image as well: its own links decide, and `..` stops at the root.
        #expect(try plan("a.txt", to: "/lib/", onto: ["lib -> ../usr/lib", "usr/lib/"]) == ["usr/lib/a.txt < a.txt"])
        #expect(try plan("a.txt", to: "/../../t") == ["t < a.txt"])
    }

    @Test func linksWithinADirectoryStayWhatTheyAre() throws {
        let all = try plan(".", to: "/c/")
        #expect(all.contains("c/link -> dir/x") && all.contains("c/out -> ../../etc/passwd"))
        #expect(all.contains("c/h1 < h1") && all.contains("c/h2 = c/h1"))
    }

    @Test func whatIsLeftOutIsNotThere() throws {
        #expect(try plan("dir", to: "/d", leavingOut: ["dir/x"]) == ["d/", "d/sub/", "d/sub/y < dir/sub/y"])
        // A directory that is left out comes to be with what is taken back in.
        #expect(try plan("dir", to: "/d", leavingOut: ["dir/sub", "dir/x"]) == ["d/", "d/sub/", "d/sub/y < dir/sub/y"])
        #expect(throws: BuildError.noSuchSource("a.txt")) { try plan("a.txt", to: "/t", leavingOut: ["a.txt"]) }
    }

    @Test func whatCannotBeIsRefused() throws {
        #expect(throws: BuildError.noSuchSource("nope")) { try plan("nope", to: "/t") }
        // A pattern may match nothing, as with BuildKit.
        #expect(try plan("nope*", to: "/t") == [])
        #expect(throws: BuildError.destinationIsNoDirectory("/t")) { try plan("a.txt", "b.txt", to: "/t") }
        #expect(throws: BuildError.self) { try plan("dir", to: "/t", onto: ["t"]) }
        #expect(throws: BuildError.self) { try plan("a.txt", to: "/t/u", onto: ["t"]) }
        #expect(throws: BuildError.self) { try plan("dir", to: "/", onto: ["x/"]) }
    }

    @Test func ownersAndModes() throws {
        var request = CopyRequest(destination: Array("/p/q".utf8))
        var part = CopyPart(Self.context, .files([Array("dir".utf8)]))
        let plain = try CopyPlan(request, [part], onto: Tree([]))
        #expect(plain.entries.map(\.header.uid) == [0, 0, 0, 0, 0])
        #expect(plain.entries.map(\.header.mode) == [0o755, 0o755, 0o750, 0o640, 0o640])
        #expect(plain.entries.map(\.header.mtimeSeconds) == [0, 100, 100, 100, 100])
        (request.uid, request.gid, request.mode) = (5, 6, ModeChange("700"))
        let changed = try CopyPlan(request, [part], onto: Tree([]))
        #expect(changed.entries.allSatisfy { $0.header.uid == 5 && $0.header.gid == 6 })
        #expect(changed.entries.map(\.header.mode) == [0o755, 0o700, 0o700, 0o700, 0o700])
        part.keepsOwners = true
        let kept = try CopyPlan(request, [part], onto: Tree([]))
        #expect(kept.entries.map(\.header.uid) == [5, 5, 7, 7, 7])
    }
}
