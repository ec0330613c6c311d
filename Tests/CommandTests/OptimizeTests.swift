import Foundation
import OCISpec
import TestSupport
import Testing

/// `optimize`: an image written again without what nobody sees.
struct OptimizeTests {
    private func load(_ image: ImageBuilder, into bench: Workbench) throws {
        var image = image
        image.names = ["localhost/x:1"]
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// Four layers of which the second and the third have what the last one takes away.
    private static let wasteful = ImageBuilder([
        BuiltLayer([.directory("d"), .file("d/base", size: 5000, seed: 1)]),
        BuiltLayer([
            .file("d/gone", size: 40_000, seed: 2), .file("d/stays", size: 3000, seed: 3), .hardLink("d/link", to: "d/stays"),
        ]),
        BuiltLayer([.file("d/again", size: 20_000, seed: 4)]),
        BuiltLayer([.whiteout("d/gone"), .whiteout("d/base"), .file("d/again", size: 20_000, seed: 4, mode: 0o600)]),
    ])

    private func layers(_ bench: Workbench, _ name: String) throws -> [String] {
        let found = try JSONSerialization.jsonObject(with: Data(try bench.succeed("inspect", name).utf8)) as? [[String: Any]]
        return try #require((found?.first?["RootFS"] as? [String: Any])?["Layers"] as? [String])
    }

    @Test func whatNobodySeesIsNotWrittenAgain() throws {
        let bench = try Workbench()
        try load(Self.wasteful, into: bench)
        let before = try layers(bench, "localhost/x:1")
        let predicted = try bench.document("optimize", "localhost/x:1", "--keep", "1", "--dry-run")
        let images = try bench.succeed("images", "-q", "--no-trunc")
        #expect(images.split(separator: "\n").count == 1)
        let done = try bench.document("optimize", "localhost/x:1", "--keep", "1", "-t", "localhost/y:1")
        #expect(done["after"] as? NSDictionary == predicted["after"] as? NSDictionary)
        #expect((done["before"] as? [String: Any])?["wastedBytes"] as? Int == 65_000)
        // The base's own file is hidden, and stays where it is.
        #expect((done["after"] as? [String: Any])?["wastedBytes"] as? Int == 5000)
        let changes = try #require(done["layers"] as? [[String: Any]]).compactMap { $0["change"] as? String }
        #expect(changes == ["kept", "written", "dropped", "written"])
        let after = try layers(bench, "localhost/y:1")
        #expect(after.count == 3 && after[0] == before[0])
        let analysis = try bench.document("analyze", "localhost/y:1")
        #expect((analysis["totals"] as? [String: Any])?["wastedBytes"] as? Int == 5000)
        #expect(try layers(bench, "localhost/x:1") == before)
        // There is nothing more to gain.
        let again = try bench.document("optimize", "localhost/y:1", "--keep", "1", "-t", "localhost/z:1")
        #expect(again["digest"] as? String == done["digest"] as? String)
        // All of it, as one.
        let one = try bench.document("optimize", "localhost/x:1", "--keep", "none", "--squash", "-t", "localhost/one:1")
        #expect((one["after"] as? [String: Any])?["wastedBytes"] as? Int == 0)
        #expect(try layers(bench, "localhost/one:1").count == 1)
        let listed = try ["x", "y", "one"].map { name in
            try bench.shell("\"$STRATA\" export localhost/\(name):1 | tar tv --full-time | grep -v '/$' | sort").output
        }
        #expect(Set(listed).count == 1)
    }

    @Test func theConfigurationStaysButForLayersAndHistory() throws {
        let bench = try Workbench()
        var image = Self.wasteful
        let diffs = image.layers.map { "\"\($0.diffID)\"" }.joined(separator: ",")
        let lines = ["base", "add", "again", "env", "chmod"].map { line in
            "{\"created_by\":\"\(line)\",\"x\":\"kept\"\(line == "env" ? ",\"empty_layer\":true" : "")}"
        }
        image.configOverride = Array(
            """
            {"architecture":"amd64","os":"linux","x.own":{"a":[1,2.5]},"created":"2025-01-02T03:04:05Z","config":{"Env":["A=b"],"Odd":1},\
            "rootfs":{"type":"layers","diff_ids":[\(diffs)]},"history":[\(lines.joined(separator: ","))]}
            """.utf8)
        try load(image, into: bench)
        func config(_ name: String) throws -> [String: Any] {
            let id = try bench.succeed("images", "-q", "--no-trunc", name).split(separator: "\n")[0].dropFirst("sha256:".count)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/blobs/sha256/\(id)"))
            return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        }
        try bench.succeed("optimize", "localhost/x:1", "--keep", "1", "-t", "localhost/y:1")
        try bench.succeed("optimize", "localhost/x:1", "--keep", "1", "--squash", "-t", "localhost/one:1")
        let old = try config("localhost/x:1")
        for (name, empty) in [("localhost/y:1", ["again", "env"]), ("localhost/one:1", ["add", "again", "env"])] {
            var new = try config(name)
            let history = try #require(new["history"] as? [[String: Any]])
            #expect(history.compactMap { $0["created_by"] as? String } == ["base", "add", "again", "env", "chmod"])
            #expect(history.allSatisfy { $0["x"] as? String == "kept" })
            #expect(history.filter { $0["empty_layer"] as? Bool == true }.compactMap { $0["created_by"] as? String } == empty)
            new["history"] = old["history"]
            new["rootfs"] = old["rootfs"]
            #expect(new as NSDictionary == old as NSDictionary)
        }
    }

    @Test func whatIsDroppedGoesFromWhereverItIs() throws {
        let bench = try Workbench()
        try load(Self.wasteful, into: bench)
        let done = try bench.document(
            "optimize", "localhost/x:1", "--keep", "2", "--drop", "d/stays", "--drop", "/d/aga*", "-t", "localhost/y:1")
        #expect((done["dropped"] as? [[String: Any]])?.compactMap { $0["path"] as? String } == ["d/again", "d/stays"])
        #expect(try bench.shell("\"$STRATA\" export localhost/y:1 | tar t | sort").lines == ["d/", "d/link"])
        expectSentence(try bench.strata("optimize", "localhost/x:1", "--keep", "9", "-t", "y"), naming: "has 4 layers")
        #expect(try bench.strata("optimize", "localhost/x:1", "--keep", "some", "-t", "y").status == 2)
        expectSentence(try bench.strata("optimize", "localhost/nope:1", "-t", "y"), naming: "nope")
        #expect(try bench.strata("optimize", "localhost/x:1").status == 2)
    }

    /// What lies in kept layers alone is hidden by a layer of its own, which has a line of the history.
    @Test(arguments: ["", "--squash"]) func whatIsDroppedOfKeptLayersIsHidden(option: String) throws {
        let bench = try Workbench()
        try load(Self.wasteful, into: bench)
        let options =
            ["localhost/x:1", "--keep", "4", "--drop", "d/link", "-t", "localhost/y:1"] + (option.isEmpty ? [] : [option])
        #expect(try bench.shell("\"$STRATA\" optimize \(options.joined(separator: " "))").status == 0)
        let (before, after) = (try layers(bench, "localhost/x:1"), try layers(bench, "localhost/y:1"))
        #expect(after.count == 5 && Array(after.prefix(4)) == before)
        #expect(try bench.shell("\"$STRATA\" export localhost/y:1 | tar t | sort").lines == ["d/", "d/again", "d/stays"])
    }

    @Test func aDamagedLayerLeavesEverythingAsItWas() throws {
        let bench = try Workbench()
        try load(Self.wasteful, into: bench)
        let blob = "\(bench.store)/blobs/\(Self.wasteful.layers[1].diffID.description.replacingOccurrences(of: ":", with: "/"))"
        #expect(
            try bench.shell("chmod u+w \"$1\" && printf x | dd of=\"$1\" bs=1 seek=41500 conv=notrunc status=none", blob).status
                == 0)
        let outcome = try bench.strata("optimize", "localhost/x:1", "--keep", "1", "-t", "localhost/y:1")
        expectSentence(outcome, naming: "sha256:")
        #expect(try bench.succeed("images", "-q", "--no-trunc").split(separator: "\n").count == 1)
    }

    /// Both images are the same to another program, with all metadata.
    @Test(.needs("umoci"), .needsRoot, arguments: 0..<16) func aRandomImageIsTheSameToUmoci(seed: Int) throws {
        let bench = try Workbench()
        try load(ImageBuilder(RandomLayers.make(seed: UInt64(seed)).map { BuiltLayer($0) }), into: bench)
        let keep = "\(seed / 2 % 4)"
        let options = "--keep \(keep)" + (seed % 2 == 0 ? "" : " --squash")
        #expect(try bench.shell("\"$STRATA\" optimize localhost/x:1 -t localhost/y:1 \(options)").status == 0)
        let outcome = try bench.shell(
            """
            set -e; cd "$1"
            for n in x y; do umoci unpack --image "$STRATA_STORE:localhost/$n:1" $n >/dev/null; done
            list() { find . -type d -printf '%p %y %m %U %G %T@\\n' -o -printf '%p %y %m %U %G %s %T@ %n %l\\n' | sort; }
            devices() { find . -type c,b -exec stat -c '%n %t:%T' {} + | sort; }
            for n in x y; do (cd $n/rootfs; list; devices) > $n.txt; done
            diff x.txt y.txt; find x y -type p,c,b -delete
            diff -r --no-dereference x/rootfs y/rootfs
            """, bench.folder.path)
        #expect(outcome.status == 0, "seed \(seed) \(options): \(outcome.output)\(outcome.errors)")
    }
}
