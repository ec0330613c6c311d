import Foundation
import Glibc
import TestSupport
import Testing

/// `export`: the merged tree as one tar.
struct ExportTests {
    private static let app = "localhost/strata/app:1"

    private func load(_ layers: [[TarMember]], into bench: Workbench) throws {
        let image = ImageBuilder(layers.map { BuiltLayer($0) }, named: "localhost/x:1")
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// What `tar tv` says of the export of an image, without times.
    private func listing(_ bench: Workbench) throws -> [String] {
        try bench.shell("\"$STRATA\" export localhost/x:1 | tar tv --full-time | awk '{$4=\"\";$5=\"\";print}'").lines
    }

    @Test func whatIsHiddenIsNotThere() throws {
        let bench = try Workbench()
        try load(
            [
                [
                    .directory("d"), .file("d/old", text: "1"), .file("d/gone", text: "2"), .file("e", text: "3"),
                    .symlink("s", to: "d"),
                ],
                [.whiteout("d/gone"), .file("d/old", text: "new"), .directory("e")],
            ], into: bench)
        let names = try bench.shell("\"$STRATA\" export localhost/x:1 | tar t").lines
        #expect(names == ["s", "d/old", "e/", "d/"])
        #expect(try bench.shell("\"$STRATA\" export localhost/x:1 | tar xO d/old").output == "new")
    }

    @Test func namesOfOneFileAreHardLinks() throws {
        let bench = try Workbench()
        try load([[.file("b", text: "xy"), .hardLink("a", to: "b")], [.hardLink("c", to: "b")]], into: bench)
        #expect(
            try listing(bench) == [
                "-rw-r--r-- 0/0 2   a", "hrw-r--r-- 0/0 0   b link to a", "hrw-r--r-- 0/0 0   c link to a",
            ])
    }

    @Test func theRootKeepsItsOwnEntry() throws {
        let bench = try Workbench()
        try load([[.directory("./", mode: 0o700), .file("a", text: "a")], [.directory("./", mode: 0o711)]], into: bench)
        #expect(try listing(bench).last == "drwx--x--x 0/0 0   ./")
    }

    @Test func theSameImageGivesTheSameBytes() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/app-oci-gzip.tar")
        let path = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", path, Self.app)
        #expect(try bench.shell("\"$STRATA\" export \(Self.app) | cmp - \"$1\"", path).status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).sorted() == ["out.tar", "store"])
    }

    @Test(arguments: ["app-oci-gzip.tar", "small-oci-zstd.tar", "app-docker.tar"]) func whatWasExportedImportsAsTheSameTree(
        fixture: String
    ) throws {
        let bench = try Workbench()
        let name = try bench.succeed("load", "-i", "fixtures/\(fixture)").dropFirst("Loaded image: ".count).dropLast()
        #expect(try bench.shell("\"$STRATA\" export \"$1\" | \"$STRATA\" import - back:1", String(name)).status == 0)
        let (before, after) = (try bench.succeed("files", String(name)), try bench.succeed("files", "back:1"))
        // The second column is what is wasted, which is nothing any more.
        func visible(_ text: String) -> [[Substring]] {
            text.split(separator: "\n").map { line in
                let words = line.split(separator: " ")
                return [words[0]] + words.dropFirst(2)
            }
        }
        let wasted = try bench.document("analyze", "back:1")["totals"] as? [String: Any]
        #expect(wasted?["wastedBytes"] as? Int == 0)
        #expect(visible(before) == visible(after))
    }

    @Test(.needs("umoci"), .needsRoot, arguments: 0..<12) func aRandomImageIsWhatUmociUnpacks(seed: Int) throws {
        let bench = try Workbench()
        try load(RandomLayers.make(seed: UInt64(seed)), into: bench)
        let outcome = try bench.shell(
            """
            set -e; cd "$1"; mkdir ours; "$STRATA" export localhost/x:1 > out.tar; tar xpf out.tar -C ours
            umoci unpack --image "$STRATA_STORE:localhost/x:1" theirs >/dev/null
            list() { find . -type d -printf '%p %y %m %U %G %T@\\n' -o -printf '%p %y %m %U %G %s %T@ %n %l\\n' | sort; }
            devices() { find . -type c,b -exec stat -c '%n %t:%T' {} + | sort; }
            (cd ours; list; devices) > ours.txt; (cd theirs/rootfs; list; devices) > theirs.txt
            diff ours.txt theirs.txt; find ours theirs -type p,c,b -delete
            diff -r --no-dereference ours theirs/rootfs
            """, bench.folder.path)
        #expect(outcome.status == 0, "seed \(seed): \(outcome.output)\(outcome.errors)")
    }

    @Test func aDamagedLayerIsAnErrorAndNoFile() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/small-hybrid.tar")
        let layer = "3d926a53d14f5bdf4e2a543231c2411d178b62a55e0a2a0e76225074a7657c30"
        let blob = "\(bench.store)/blobs/sha256/\(layer)"
        #expect(
            try bench.shell("chmod u+w \"$1\" && printf x | dd of=\"$1\" bs=1 seek=5000 conv=notrunc status=none", blob).status
                == 0)
        let outcome = try bench.strata("export", "-o", bench.folder.path("out.tar"), "localhost/strata/small:1")
        expectSentence(outcome, naming: "sha256:\(layer)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) == ["store"])
    }

    @Test func whatIsNotThereIsAnError() throws {
        expectSentence(try Workbench().strata("export", "nope"), naming: "nope")
    }

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/app-oci-gzip.tar")
        let outcome = try bench.shell("{ \"$STRATA\" export \(Self.app); echo \"status $?\" >&2; } | head -c 10 >/dev/null")
        #expect(outcome.errors == "status 0\n")
    }

    @Test(.needs("script")) func aTerminalIsRefused() throws {
        let outcome = try Workbench().shell("script -qec \"'$STRATA' export x\" /dev/null")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("cowardly refusing to export to a terminal"))
    }
}

/// Layers that every engine applies alike: parents are stored, links lead to files of the same layer, markers hit what is there.
struct RandomLayers {
    private static let names = ["a", "b", "c", "ü", String(repeating: "n", count: 120)]

    private var random: SplitMix64
    /// What shows below the layer being made, and in it; true for directories.
    private var tree: [String: Bool] = [:]
    /// What the layer being made stores, and regular files among it.
    private var stored: Set<String> = []
    private var files: [TarMember] = []

    static func make(seed: UInt64) -> [[TarMember]] {
        var layers = RandomLayers(random: SplitMix64(seed: seed))
        return (0..<4).map { layers.layer(isFirst: $0 == 0) }
    }

    private mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func layer(isFirst: Bool) -> [TarMember] {
        stored = []
        files = []
        var members = isFirst ? [described(.directory("./"))] : markers()
        for _ in 0..<12 { if let member = member() { members.append(member) } }
        return members
    }

    /// Whiteouts and opaque markers of what lower layers show.
    private mutating func markers() -> [TarMember] {
        var members: [TarMember] = []
        for _ in 0..<2 {
            guard let path = tree.keys.sorted().randomElement(using: &random) else { continue }
            let isOpaque = tree[path] == true && number(3) == 0
            members.append(isOpaque ? .opaque(path) : .whiteout(path))
            tree = tree.filter { !$0.key.hasPrefix(path + "/") && (isOpaque || $0.key != path) }
        }
        return members
    }

    private mutating func member() -> TarMember? {
        let parents = [""] + tree.filter(\.value).keys.sorted().filter { $0.split(separator: "/").count < 3 }
        let parent = parents[number(parents.count)]
        let path = (parent.isEmpty ? "" : parent + "/") + Self.names[number(Self.names.count)]
        // A second entry at a path, or something in place of a directory just filled, is where engines differ.
        guard !stored.contains(path), !stored.contains(where: { $0.hasPrefix(path + "/") }) else { return nil }
        let isDirectory = number(3) == 0
        if !isDirectory { tree = tree.filter { !$0.key.hasPrefix(path + "/") } }
        tree[path] = isDirectory
        stored.insert(path)
        if isDirectory { return described(.directory(path)) }
        switch number(6) {
        case 0: return described(.symlink(path, to: "nowhere/\(number(9))")).with { $0.mode = 0o777 }
        case 1: return described(.fifo(path))
        case 2: return described(.characterDevice(path, major: 1, minor: Int64(number(9))))
        case 3 where !files.isEmpty:
            let target = files[number(files.count)]
            return target.with {
                $0.name = Array(path.utf8)
                $0.type = UInt8(ascii: "1")
                $0.linkName = target.name
                $0.body = []
            }
        default:
            let file = described(.file(path, size: number(3000), seed: UInt64(number(99))))
            files.append(file)
            return file
        }
    }

    private mutating func described(_ member: TarMember) -> TarMember {
        let (mode, uid, gid, seconds, nanoseconds) = (number(0o1000), number(5), number(5), number(2_000_000_000), number(1000))
        return member.with {
            $0.mode = mode
            $0.uid = Int64(uid)
            $0.gid = Int64(gid)
            $0.mtimeSeconds = Int64(seconds)
            $0.mtimeNanoseconds = UInt32(nanoseconds) * 1_000_000
        }
    }
}
