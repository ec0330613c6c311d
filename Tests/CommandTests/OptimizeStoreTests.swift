import Foundation
import OCISpec
import StorageIO
import TestSupport
import Testing

/// `optimize --all`, and what becomes of a store when a run fails or is killed.
struct OptimizeStoreTests: OptimizeScene {
    private static let text = Array((0..<30_000).map { "line \($0 % 700)\n" }.joined().utf8)

    /// A base, two images on it that also share the layer above, and each with waste of its own.
    private func fill(_ bench: Workbench) throws {
        func gzip(_ members: [TarMember]) throws -> BuiltLayer {
            let tar = Tar(members).bytes
            return BuiltLayer(tar, stored: try Compressor.gzip(tar, "-1n"), mediaType: MediaType.layerGzip)
        }
        let base = try gzip([.directory("d"), .file("d/base", Self.text)])
        let common = try gzip([.file("d/common", Self.text + [1]), .file("d/only", size: 20_000, seed: 1)])
        try load(ImageBuilder([base]), as: "localhost/base:1", into: bench)
        try load(
            ImageBuilder([
                base, common, try gzip([.file("d/a", size: 30_000, seed: 2)]), try gzip([.whiteout("d/a"), .whiteout("d/only")]),
            ]),
            as: "localhost/a:1", into: bench)
        try load(
            ImageBuilder([base, common, try gzip([.file("d/b", size: 10_000, seed: 3)]), try gzip([.whiteout("d/b")])]),
            as: "localhost/b:1", into: bench)
        try bench.succeed("tag", "localhost/b:1", "localhost/also:b")
    }

    private let names = ["localhost/also:b", "localhost/a:1", "localhost/b:1", "localhost/base:1"]

    @Test func aWholeStoreIsWrittenAgain() throws {
        let bench = try Workbench()
        try fill(bench)
        let trees = try names.map { try tree(bench, $0) }
        let predicted = try bench.document("optimize", "--all", "--compression", "zstd:12", "--dry-run")
        let done = try bench.document("optimize", "--all", "--compression", "zstd:12")
        #expect(predicted["after"] as? NSDictionary == done["after"] as? NSDictionary)
        #expect(try names.map { try tree(bench, $0) } == trees)
        let layers = try names.map { try manifest(bench, $0) }
        #expect(layers.joined().allSatisfy { $0.mediaType == MediaType.layerZstd })
        // Base and common layer are the same blobs in all of them; what only one image wastes is gone.
        #expect(layers[0] == layers[2] && layers[0].count == 2 && layers[1].count == 3)
        #expect(layers[0][0] == layers[1][0] && layers[0][0] == layers[3][0] && layers[0][1] == layers[1][1])
        func bytes(_ key: String, _ figure: String) throws -> Int { try #require((done[key] as? [String: Any])?[figure] as? Int) }
        #expect(try bytes("after", "compressedBytes") < bytes("before", "compressedBytes"))
        // Of what `b` shows and `a` deletes nothing goes.
        #expect(try bytes("before", "wastedBytes") == 60_000 && bytes("after", "wastedBytes") == 20_000)
        #expect(try Set(layers.joined().map(\.digest)).count == 3)
        let stored = try Set(layers.joined().map(\.digest)).reduce(0) { try $0 + blob(bench, $1).count }
        #expect(try bytes("after", "compressedBytes") == stored)
        // The old blobs go when gc takes what nothing needs.
        try bench.succeed("gc", "--min-age", "0s")
        let left = try bench.shell("du -bc \"$1\"/blobs/sha256/* | tail -1", bench.store).output
        #expect(Int(left.prefix { $0 != "\t" }) ?? 0 < stored + 20_000, "\(left)")
        #expect(try bench.succeed("fsck").hasSuffix("no damage\n"))
        let again = try bench.document("optimize", "--all", "--compression", "zstd:12")
        #expect((again["images"] as? [[String: Any]])?.allSatisfy { $0["outcome"] as? String == "unchanged" } == true)
    }

    @Test func whatIsPinnedOrDamagedStays() throws {
        let bench = try Workbench()
        try fill(bench)
        try load(ImageBuilder([BuiltLayer([.file("c", Self.text)])]), as: "localhost/c:1", into: bench)
        try bench.succeed("pin", "localhost/base:1")
        let names = ["localhost/a:1", "localhost/b:1", "localhost/base:1", "localhost/c:1"]
        let before = try names.map { try resolve(bench, $0).digest }
        let layer = try manifest(bench, "localhost/a:1")[1]
        let damage =
            "f=\"$1/blobs/sha256/$2\"; chmod u+w \"$f\"; printf xxxx | dd of=\"$f\" bs=1 seek=300 conv=notrunc status=none"
        #expect(try bench.shell(damage, bench.store, layer.digest.hex).status == 0)
        let outcome = try bench.strata("optimize", "--all", "--compression", "zstd")
        #expect(outcome.status == 3 && outcome.errors.contains("2 images were not written again"), "\(outcome.errors)")
        #expect(outcome.output.contains("pinned") && outcome.output.contains(layer.digest.description), "\(outcome.output)")
        let after = try names.map { try resolve(bench, $0).digest }
        #expect(zip(after, before).map { $0 == $1 } == [true, true, true, false])
        for arguments in [["x", "--all"], ["--all", "--keep", "1"], ["--all", "-t", "x"], []] {
            #expect(try bench.program.run(["optimize"] + arguments).status == 2, "\(arguments)")
        }
    }

    /// An image that is pinned shares no less with the others afterwards.
    @Test func whatAPinnedImageHasStaysShared() throws {
        let bench = try Workbench()
        try fill(bench)
        try bench.succeed("pin", "localhost/base:1")
        try bench.succeed("optimize", "--all", "--compression", "zstd")
        let layers = try ["localhost/a:1", "localhost/b:1", "localhost/base:1"].map { try manifest(bench, $0) }
        #expect(layers[0][0] == layers[2][0] && layers[1][0] == layers[2][0])
        #expect(layers[0][1].mediaType == MediaType.layerZstd && layers[0][1] == layers[1][1])
    }

    // MARK: Failures

    /// Every point that a run comes by, and one of a later blob.
    private static let places: [String] =
        Failpoint.allCases.filter { point in
            ["session.", "blob.", "index."].contains { point.rawValue.hasPrefix($0) }
        }.map(\.rawValue) + ["\(Failpoint.blobAfterRename.rawValue):3"]

    /// Whether the problem is a file that a killed process may leave: the next one that needs its place clears it.
    private static func isRemnant(_ problem: String) -> Bool {
        problem.hasPrefix("left over: ingest/") || problem == "left over: locks/index.json.new"
            || problem.hasPrefix("unknown file: catalog.sqlite.new")
    }

    @Test(arguments: [["localhost/a:1", "--keep", "none", "-t", "localhost/new:1"], ["--all", "--compression", "zstd:2"]])
    func aKillAnywhereLeavesTheOldImages(arguments: [String]) throws {
        let reference = try Workbench()
        try fill(reference)
        let before = reference.folder.path("before")
        #expect(try reference.shell("cp -a \"$1\" \"$2\"", reference.store, before).status == 0)
        let shown = try tree(reference, "localhost/a:1")
        #expect(try reference.program.run(["optimize"] + arguments).status == 0)
        let names = self.names + (arguments.contains("-t") ? ["localhost/new:1"] : [])
        let expected = try names.map { try resolve(reference, $0).digest }
        for place in Self.places {
            let bench = try Workbench()
            #expect(try bench.shell("cp -a \"$1\" \"$2\"", before, bench.store).status == 0)
            let killed = try bench.program.run(["optimize"] + arguments, environment: ["STRATA_FAILPOINT": place])
            #expect(killed.isKilled, "a run never comes by \(place): \(killed.status) \(killed.errors)")
            #expect(bench.problems.filter { !Self.isRemnant($0) } == [], "killed at \(place)")
            #expect(try tree(bench, "localhost/a:1") == shown, "killed at \(place)")
            let again = try bench.program.run(["optimize"] + arguments)
            #expect(again.status == 0, "after \(place): \(again.errors)")
            #expect(try names.map { try resolve(bench, $0).digest } == expected, "after \(place)")
            #expect(bench.ingestNames == [] && bench.problems == [], "after \(place)")
        }
    }

    @Test(arguments: [Failpoint.blobBeforeWrite, .blobBeforeSync, .sessionBeforeHold, .indexBeforeWrite], ["ENOSPC", "EIO"])
    func aFailedStepChangesNothing(point: Failpoint, error: String) throws {
        let bench = try Workbench()
        try fill(bench)
        let index = try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json"))
        let outcome = try bench.strata(
            "optimize", "localhost/a:1", "-t", "localhost/new:1", "--keep", "none",
            environment: ["STRATA_FAILPOINT": "\(point.rawValue)=\(error)"])
        expectSentence(outcome, naming: bench.store)
        #expect(bench.ingestNames == [] && bench.problems == [])
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json")) == index)
        try bench.succeed("optimize", "localhost/a:1", "-t", "localhost/new:1", "--keep", "none")
    }

    /// A disk of a few megabytes, of which the image takes nearly all.
    @Test(.needsRoot, .needs("mount")) func aFullDiskLeavesTheOldImage() throws {
        let bench = try Workbench()
        try load(
            ImageBuilder([
                BuiltLayer([.file("a", size: 3_000_000, seed: 1), .file("gone", size: 10_000, seed: 2)]),
                BuiltLayer([.whiteout("gone")]),
            ]), into: bench)
        let outcome = try bench.shell(
            """
            mkdir "$1/disk" && mount -t tmpfs -o size=5m tmpfs "$1/disk" || exit 99
            trap 'umount "$1/disk"' EXIT
            cp -a "$STRATA_STORE" "$1/disk/store"; export STRATA_STORE="$1/disk/store"
            "$STRATA" export localhost/x:1 | sha256sum
            "$STRATA" optimize localhost/x:1 --keep none -t localhost/y:1; echo "status $?"
            ls "$STRATA_STORE/ingest" | wc -l
            "$STRATA" export localhost/x:1 | sha256sum
            "$STRATA" fsck | tail -1
            mount -o remount,size=20m "$1/disk"
            "$STRATA" optimize localhost/x:1 --keep none -t localhost/y:1 > /dev/null; echo "status $?"
            """, bench.folder.path)
        try Skip.unless(outcome.status != 99, "no tmpfs can be mounted here")
        let lines = outcome.lines
        #expect(
            lines.count == 6 && lines[0] == lines[3] && lines[1] == "status 3" && lines[2] == "0",
            "\(outcome.output)\(outcome.errors)")
        #expect(lines.last == "status 0" && outcome.errors.contains("No space left"), "\(outcome.output)\(outcome.errors)")
    }

    @Test func aSignalLeavesNothingBehind() throws {
        let bench = try Workbench()
        try load(
            ImageBuilder([
                BuiltLayer([.file("a", size: 60_000_000, seed: 1), .file("gone", text: "x")]), BuiltLayer([.whiteout("gone")]),
            ]),
            into: bench)
        let before = try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json"))
        let outcome = try bench.shell(
            """
            "$STRATA" optimize localhost/x:1 --keep none --compression zstd:19 -t localhost/y:1 & p=$!
            for i in $(seq 200); do [ -n "$(ls "$STRATA_STORE/ingest" 2>/dev/null)" ] && break; sleep 0.05; done
            kill -INT $p; wait $p; echo $?
            """)
        #expect(outcome.lines.last == "130", "\(outcome.output)\(outcome.errors)")
        #expect(bench.ingestNames == [] && bench.problems == [])
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.store + "/index.json")) == before)
    }

    /// Layers that are kept are not read, whatever else happens.
    @Test(.needs("strace")) func whatIsKeptIsNeverRead() throws {
        let bench = try Workbench()
        try fill(bench)
        let layers = try manifest(bench, "localhost/b:1")
        let outcome = try bench.shell(
            """
            strace -f -qq -y -e trace=read,pread64,mmap -o "$1" "$STRATA" optimize localhost/b:1 --keep 1 -t localhost/new:1 --compression zstd:3
            """, bench.folder.path("trace"))
        try Skip.unless(outcome.status == 0, "strace cannot trace here: \(outcome.errors)")
        let trace = try String(contentsOfFile: bench.folder.path("trace"), encoding: .utf8)
        #expect(trace.contains(layers[1].digest.hex))
        for layer in layers.prefix(1) { #expect(!trace.contains(layer.digest.hex), "\(layer.digest) was read") }
    }
}
