import Foundation
import OCISpec
import TestSupport
import Testing

/// Layers that `optimize --toc` writes: later looks need no pull, and everybody reads them as ever.
struct OptimizeTableTests: OptimizeScene {
    private static func image() -> ImageBuilder {
        ImageBuilder([
            BuiltLayer([
                .directory("d"), .file("d/big", size: 9_000_000, seed: 1), .file("d/base", size: 3000, seed: 2),
                .file("d/é", text: "odd"), .symlink("d/s", to: "base"), .characterDevice("d/null", major: 1, minor: 3),
            ]),
            BuiltLayer([
                .file("d/gone", size: 50_000, seed: 3), .file("d/stays", size: 700, seed: 4), .hardLink("d/l", to: "d/stays"),
            ]),
            BuiltLayer([.whiteout("d/gone"), .whiteout("d/base"), .file("e", text: "e").xattr("user.a", [1, 2])]),
        ])
    }

    /// By the access log of a real registry, no layer is sent whole, and no more than the tables of any.
    @Test(.needs("docker-registry"), arguments: ["estargz", "zstd:chunked"]) func noLayerIsPulledForALook(form: String) throws {
        let bench = try Workbench()
        try load(Self.image(), into: bench)
        let registry = try DockerRegistry()
        try bench.succeed("optimize", "localhost/x:1", "--keep", "none", "--toc", form, "-t", "\(registry.name)/a/b:1")
        let expected = try bench.document("files", "\(registry.name)/a/b:1")
        let layers = try manifest(bench, "\(registry.name)/a/b:1")
        try bench.succeed("push", "\(registry.name)/a/b:1")
        let count = registry.requests.count
        let other = try Workbench()
        let source = "docker://\(registry.name)/a/b:1"
        let analysis = try other.document("analyze", source, "--remote")
        #expect(analysis["isPartial"] as? Bool == false)
        #expect(
            totals(analysis)["wastedBytes"] as? Int == totals(try bench.document("analyze", "\(registry.name)/a/b:1"))[
                "wastedBytes"] as? Int)
        let files = try other.document("files", source, "--remote")
        func paths(_ document: [String: Any]) -> [String] {
            (document["entries"] as? [[String: Any]] ?? []).map { "\($0["path"] ?? "") \($0["visibleBytes"] ?? "")" }
        }
        #expect(paths(files) == paths(expected) && paths(files).count > 8)
        let sent = registry.requests.dropFirst(count).filter { request in
            request.method == "GET" && layers.contains { request.path.contains($0.digest.hex) }
        }
        #expect(sent.count >= 3 && sent.allSatisfy { $0.status == 206 && $0.bytes < 5000 }, "\(sent)")
    }

    /// What is written is the old tree to others too, and a second run leaves it as it is.
    @Test(arguments: ["estargz", "zstd:chunked"]) func theTreeIsTheOldOne(form: String) throws {
        let bench = try Workbench()
        try load(Self.image(), into: bench)
        let predicted = try bench.document("optimize", "localhost/x:1", "--keep", "none", "--toc", form, "--dry-run")
        let done = try bench.document("optimize", "localhost/x:1", "--keep", "none", "--toc", form, "-t", "localhost/y:1")
        #expect(predicted["digest"] as? String == done["digest"] as? String)
        let after = try #require(done["after"] as? [String: Any])
        #expect(after["compressedBytes"] as? Int64 == (try manifest(bench, "localhost/y:1")).reduce(0) { $0 + $1.size })
        #expect(totals(try bench.document("analyze", "localhost/y:1"))["wastedBytes"] as? Int == after["wastedBytes"] as? Int)
        #expect(try tree(bench, "localhost/y:1") == tree(bench, "localhost/x:1"))
        for options in [["--toc", form], [], ["--toc", form, "--squash"]] {
            let again = try object(
                bench.program.run(
                    ["optimize", "localhost/y:1", "--keep", "none", "-t", "localhost/z:1", "--format", "json"] + options
                ).output)
            if !options.contains("--squash") {
                #expect(again["isUnchanged"] as? Bool == true, "\(options)")
            } else {
                #expect(try manifest(bench, "localhost/z:1").count == 1)
                #expect(try tree(bench, "localhost/z:1") == tree(bench, "localhost/x:1"))
                #expect((again["after"] as? [String: Any])?["wastedBytes"] as? Int == 0)
            }
        }
        // The other form, and none.
        let other = form == "estargz" ? "zstd:chunked" : "estargz"
        try bench.succeed("optimize", "localhost/y:1", "--keep", "none", "--toc", other, "-t", "localhost/o:1")
        #expect(try tree(bench, "localhost/o:1") == tree(bench, "localhost/x:1"))
        try bench.succeed("optimize", "localhost/y:1", "--keep", "none", "--compression", "none", "-t", "localhost/p:1")
        #expect(try tree(bench, "localhost/p:1") == tree(bench, "localhost/x:1"))
        #expect(try bench.succeed("fsck").hasSuffix("no damage\n"))
    }

    /// skopeo copies them, and tar, gzip and zstd read the whole of them: what umoci unpacks of the old image.
    @Test(
        .needs("skopeo", "umoci", "docker-registry"), .needsRoot,
        arguments: ["", "--toc estargz", "--toc zstd:chunked", "--compression zstd:12"])
    func othersTakeThem(options: String) throws {
        let bench = try Workbench()
        try load(Self.image(), into: bench)
        let registry = try DockerRegistry()
        let outcome = try bench.shell(
            """
            set -e; cd "$1"
            "$STRATA" optimize localhost/x:1 --keep none -t localhost/y:1 \(options) > /dev/null
            skopeo copy -q --dest-tls-verify=false "oci:$STRATA_STORE:localhost/y:1" docker://\(registry.name)/y:1
            # There is nothing to delete in what is left, so tar alone unpacks it, whatever the compression.
            skopeo copy -q --src-tls-verify=false docker://\(registry.name)/y:1 dir:back
            umoci unpack --image "$STRATA_STORE:localhost/x:1" one > /dev/null; mkdir -p other/rootfs
            for layer in $(grep -o '"digest":"sha256:[0-9a-f]*"' back/manifest.json | cut -d: -f3 | tr -d '"' | tail -n +2); do
                { zstd -dqc back/$layer || gzip -dc < back/$layer || cat back/$layer; } 2> /dev/null | tar -xp -C other/rootfs
            done
            rm -f other/rootfs/stargz.index.json
            list() { (cd $1/rootfs && find . -mindepth 1 -printf '%p %y %m %U %G %l\\n' | sort; find . -type f -exec sha256sum {} + | sort); }
            list one > one.txt; list other > other.txt; diff one.txt other.txt
            """, bench.folder.path)
        #expect(outcome.status == 0, "\(options): \(outcome.output)\(outcome.errors)")
    }

    @Test(.needs("podman", "runc", "/bin/busybox"), .needsRoot, arguments: ["", "--toc estargz", "--toc zstd:chunked"])
    func podmanRunsThem(options: String) throws {
        let bench = try Workbench()
        let busybox = Array(try Data(contentsOf: URL(fileURLWithPath: "/bin/busybox")))
        try load(
            ImageBuilder([
                BuiltLayer([.directory("bin"), .file("bin/busybox", busybox, mode: 0o755), .file("waste", size: 9000)]),
                BuiltLayer([.whiteout("waste"), .file("said", text: "it runs\n")]),
            ]), into: bench)
        let outcome = try bench.shell(
            """
            # podman takes no longer path than 50 bytes for what it keeps while it runs.
            short=$(mktemp -d /tmp/strXXXXXX); cd "$1"
            podman="podman --root $1/root --runroot $short --storage-driver overlay --runtime runc --cgroup-manager cgroupfs"
            "$STRATA" optimize localhost/x:1 --keep none -t localhost/y:1 \(options) > /dev/null &&
            "$STRATA" save --type oci-archive -o y.tar localhost/y:1 && $podman load -q -i y.tar > /dev/null || exit 9
            $podman run --rm --pull never --network none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 localhost/y:1 \
                /bin/busybox cat /said; status=$?
            $podman rmi -af > /dev/null; rm -rf "$short"; exit $status
            """, bench.folder.path)
        #expect(outcome.status != 9, "\(outcome.errors)")
        try Skip.unless(outcome.status == 0, "podman cannot run containers here: \(outcome.errors.suffix(300))")
        #expect(outcome.output == "it runs\n")
    }
}
