import Foundation
import TestSupport
import Testing

/// Folders that an image or a command line declares for a container's own data.
@Suite(.enabled(if: ContainerScene.isPossible)) struct VolumeTests {
    private func build(_ scene: ContainerScene, _ name: String, _ dockerfile: String) throws {
        let folder = scene.bench.folder.path(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: "\(folder)/Dockerfile"))
        try scene.line("build", "-q", "-t", name, folder)
    }

    @Test func aVolumeIsThereAndCanBeWritten() throws {
        let scene = try ContainerScene()
        try build(scene, "db", "FROM busybox\nVOLUME /data/deep /data\n")
        for options in [[], ["--read-only"]] {
            let script = "echo x > /data/deep/f && cat /data/deep/f && ls -ld /data"
            let outcome = try scene.bench.program.run(["run", "--rm"] + options + ["db", "sh", "-c", script])
            #expect(outcome.status == 0 && outcome.output.hasPrefix("x\ndrwxr-xr-x "), "\(options): \(outcome.errors)")
        }
        #expect(scene.bench.names("containers") == [])
    }

    @Test func whatTheImageHasThereIsKept() throws {
        let scene = try ContainerScene()
        try build(
            scene, "db",
            """
            FROM busybox
            RUN mkdir -p /srv/db/sub && echo seed > /srv/db/f && ln /srv/db/f /srv/db/g && chown -R 999:998 /srv/db && \\
                chmod 1750 /srv/db && ln -s /srv/db /link
            VOLUME /link

            """)
        let listed = try scene.strata("run", "--rm", "db", "stat", "-c", "%a %u:%g %h", "/srv/db", "/srv/db/f", "/srv/db/sub")
        #expect(listed.output == "1750 999:998 3\n644 999:998 2\n755 999:998 2\n")
        // What is in it lives as long as the container, and no longer.
        try scene.line("run", "--name", "one", "db", "sh", "-c", "echo more >> /srv/db/f")
        #expect(try scene.strata("start", "-a", "one").status == 0)
        try scene.line("rm", "one")
        #expect(try scene.strata("run", "--rm", "db", "cat", "/srv/db/f").output == "seed\n")
    }

    @Test func otherMountsTakeItsPlace() throws {
        let scene = try ContainerScene()
        try build(scene, "db", "FROM busybox\nRUN mkdir /data && echo seed > /data/f\nVOLUME /data\n")
        let folder = scene.bench.folder.path("mine")
        try FileManager.default.createDirectory(atPath: "\(folder)/own", withIntermediateDirectories: true)
        #expect(try scene.strata("run", "--rm", "-v", "\(folder):/data/", "db", "ls", "/data").output == "own\n")
        #expect(try scene.strata("run", "--rm", "--tmpfs", "/data", "db", "ls", "-A", "/data").output == "")
        #expect(try scene.strata("run", "--rm", "--mount", "type=tmpfs,target=/data", "db", "ls", "-A", "/data").output == "")
    }

    @Test func itIsPartOfNoImageAndCountsWithItsContainer() throws {
        let scene = try ContainerScene()
        try build(scene, "db", "FROM busybox\nVOLUME /data\n")
        try scene.line("run", "--name", "one", "db", "sh", "-c", "head -c 5000000 /dev/zero > /data/f; echo kept > /kept")
        #expect(try scene.strata("diff", "one").output == "A /kept\n")
        try scene.line("commit", "-q", "one", "made")
        #expect(try scene.strata("run", "--rm", "made", "sh", "-c", "cat /kept; ls -A /data").output == "kept\n")
        let exported = scene.bench.folder.path("tree.tar")
        #expect(try scene.strata("export", "-o", exported, "one").status == 0)
        // The directory is there only to be mounted on.
        #expect(try Program("tar").run(["-tf", exported]).lines.allSatisfy { !$0.contains("data/") })
        let rows = try #require(try scene.bench.document("ps", "-as")["containers"] as? [[String: Any]])
        #expect((rows.first?["diskBytes"] as? Int ?? 0) >= 5_000_000)
        let pruned = try scene.bench.document("container", "prune", "-f")
        #expect((pruned["freedBytes"] as? Int ?? 0) >= 5_000_000)
        #expect(scene.bench.names("containers") == [] && scene.bench.problems == [])
    }

    @Test func aVolumeWithANameOutlivesItsContainers() throws {
        let scene = try ContainerScene()
        try build(
            scene, "db", "FROM busybox\nRUN mkdir /data && echo seed > /data/f && chown 7:8 /data && chmod 750 /data\n")
        try scene.line("run", "--rm", "-v", "kept:/data", "db", "sh", "-c", "echo more >> /data/f")
        let found = try scene.strata("run", "--rm", "-v", "kept:/x:ro", "busybox", "sh", "-c", "cat /x/f; stat -c '%a %u:%g' /x")
        #expect(found.output == "seed\nmore\n750 7:8\n")
        #expect(try scene.strata("run", "--rm", "-v", "kept:/x:ro", "busybox", "touch", "/x/y").status != 0)
        #expect(try scene.strata("run", "--rm", "-v", "bare:/data:nocopy", "db", "ls", "-A", "/data").output == "")
        let mount = "type=volume,source=kept,target=/x"
        try scene.line("create", "--name", "user", "--mount", mount, "busybox", "true")
        #expect(try scene.strata("volume", "ls", "--names").output == "bare\nkept\n")
        #expect(try scene.strata("ps", "-aq", "--filter", "volume=kept").lines.count == 1)
        expectSentence(try scene.strata("volume", "rm", "kept"), naming: "mounted by user", status: 1)
        #expect(try scene.strata("volume", "prune", "-f").output == "Total reclaimed space: 0B\n")
        #expect(try scene.strata("volume", "prune", "-a", "--dry-run").output == "bare\n")
        #expect(try scene.strata("volume", "prune", "-a").status == 2)
        #expect(try scene.strata("volume", "prune", "-af").output.hasPrefix("bare\nTotal reclaimed space: "))
        let classes = try #require(try scene.bench.document("df")["classes"] as? [[String: Any]])
        let line = try #require(classes.first { $0["class"] as? String == "volumes" })
        #expect(line["count"] as? Int == 1 && line["activeCount"] as? Int == 1 && line["reclaimableBytes"] as? Int == 0)
        #expect(try scene.strata("gc").status == 0)
        try scene.line("rm", "user")
        try scene.line("volume", "rm", "kept")
        expectSentence(try scene.strata("volume", "rm", "kept"), naming: "kept", status: 1)
        #expect(scene.bench.problems == [])
    }

    @Test func aVolumeIsFilledOnceAndWhole() throws {
        let scene = try ContainerScene()
        try build(scene, "db", "FROM busybox\nRUN mkdir /data && for i in $(seq 300); do echo $i > /data/$i; done\n")
        let outcome = try scene.bench.shell(
            """
            for i in 1 2 3 4; do "$STRATA" run --rm -v one:/data db sh -c 'ls /data | wc -l' & done; wait
            for wait in 0.05 0.1 0.15 0.2 0.3; do
                "$STRATA" run --rm -v "k$wait:/data" db true & sleep $wait; kill -9 $!; wait $! 2>/dev/null
                "$STRATA" run --rm -v "k$wait:/data" db sh -c 'ls /data | wc -l'
            done
            """)
        #expect(outcome.lines == Array(repeating: "300", count: 9), "\(outcome.errors)")
        #expect(scene.bench.problems == [])
    }

    @Test(arguments: ["/", "relative", "/etc/passwd"]) func whereThereCanBeNoVolumeThatIsSaid(place: String) throws {
        let scene = try ContainerScene()
        let image = try scene.bench.shell(
            """
            "$STRATA" create --name one busybox true && "$STRATA" commit -q -c 'VOLUME ["\(place)"]' one bad
            """)
        #expect(image.status == 0, "\(image.errors)")
        expectSentence(try scene.strata("run", "--rm", "bad", "true"), naming: place, status: 125)
        #expect(scene.bench.names("containers").count == 1)
    }
}
