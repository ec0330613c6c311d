import Foundation
import TestSupport
import Testing

/// Images made of containers.
@Suite(.enabled(if: ContainerScene.isPossible)) struct CommitTests {
    /// Changes of every kind, by a shell in the container.
    private static let changes = """
        rm /etc/kept; rm -r /var/cache/old; mkdir /var/cache/old; echo new > /var/cache/old/new; \
        echo first > /tmp/first; ln /tmp/first /tmp/second; ln -s /etc/passwd /tmp/link; mknod /tmp/device c 1 3; mkfifo /tmp/fifo; \
        echo set > /tmp/set; chown 33:34 /tmp/set; chmod 4750 /tmp/set; touch -d @1000000000 /tmp/set; mkdir -m 1777 /tmp/sticky; \
        chmod 700 /var/cache
        """

    private func listing(_ scene: ContainerScene, _ folder: String) throws -> [String: [String: Any]] {
        let tar = scene.bench.folder.path("\(UUID().uuidString).tar")
        let packed = try Program.shell.run([
            "-c", "tar --xattrs --xattrs-include='*' --numeric-owner -C \"$1\" -cf \"$2\" $(ls -A \"$1\")", "sh", folder, tar,
        ])
        #expect(packed.status == 0, "\(packed.errors)")
        return try #require(
            try object(try Program("python3").run(["Tests/CommandTests/root-listing.py", tar]).output) as? [String: [String: Any]]
        )
    }

    /// The tree of an image in a store, unpacked by umoci.
    private func unpacked(_ scene: ContainerScene, _ source: String) throws -> [String: [String: Any]] {
        let folder = scene.bench.folder.path(UUID().uuidString)
        let script = "skopeo copy -q \"$1\" \"oci:$2:x\" && umoci unpack --image \"$2:x\" \"$2.bundle\" >/dev/null"
        let outcome = try Program.shell.run(["-c", script, "sh", source, folder])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try listing(scene, "\(folder).bundle/rootfs")
    }

    @Test func everyKindOfChangeIsKept() throws {
        let scene = try ContainerScene()
        let id = try scene.line("create", "--name", "box", "busybox", "sh", "-c", Self.changes)
        try scene.line("start", "-a", "box")
        let diff = "\(scene.bench.store)/containers/\(id)/diff"
        // The capability of a program, and an attribute of the user's own.
        let attributes = """
            import os, sys
            os.setxattr(sys.argv[1], "user.note", b"kept")
            os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
            """
        #expect(try Program("python3").run(["-c", attributes, "\(diff)/tmp/first"]).status == 0)
        let imageID = try scene.line(
            "commit", "-a", "somebody", "-m", "changed", "-c", "ENV ADDED=1", "-c", "CMD [\"true\"]", "box", "busybox:changed")
        #expect(imageID.hasPrefix("sha256:"))
        let files = try unpackedHere(scene)
        #expect(files["etc/kept"] == nil && files["var/cache/old/gone"] == nil)
        #expect(files["var/cache/old/new"] != nil)
        #expect(files["tmp/second"]?["hardlink"] as? String == "tmp/first")
        #expect(files["tmp/link"]?["linkname"] as? String == "/etc/passwd")
        #expect(files["tmp/device"]?["type"] as? String == "char" && files["tmp/fifo"]?["type"] as? String == "fifo")
        let set = try #require(files["tmp/set"])
        #expect(set["mode"] as? String == "4750" && set["uid"] as? Int == 33 && set["gid"] as? Int == 34)
        #expect(files["tmp/sticky"]?["mode"] as? String == "1777" && files["var/cache"]?["mode"] as? String == "0700")
        let xattrs = try #require(files["tmp/first"]?["xattrs"] as? [String: String])
        #expect(xattrs["user.note"] != nil && xattrs["security.capability"] != nil, "\(xattrs)")
        for name in ["proc", "sys", "dev"] { #expect(files[name] == nil, "made only to mount something on it") }
        let inspected = try scene.strata("inspect", "busybox:changed").output
        #expect(inspected.contains("ADDED=1") && inspected.contains("\"Author\": \"somebody\""))
        let history = try scene.strata("history", "busybox:changed").output
        #expect(history.contains("changed"), "\(history)")
        #expect(try scene.strata("run", "--rm", "busybox:changed").status == 0)
        let times = try scene.strata("run", "--rm", "busybox:changed", "stat", "-c", "%Y", "/tmp/set")
        #expect(times.output == "1000000000\n")
        #expect(scene.bench.problems == [])
    }

    /// The tree of `busybox:changed`, as umoci unpacks the store itself.
    private func unpackedHere(_ scene: ContainerScene) throws -> [String: [String: Any]] {
        let archive = scene.bench.folder.path("changed.tar")
        try scene.line("save", "--type", "oci-archive", "-o", archive, "busybox:changed")
        return try unpacked(scene, "oci-archive:\(archive)")
    }

    @Test(.needs("podman", "skopeo", "umoci"))
    func thePodmanImageOfTheSameChangesIsTheSame() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", Self.changes)
        try scene.line("commit", "box", "busybox:changed")
        let (archive, theirs) = (scene.bench.folder.path("base.tar"), scene.bench.folder.path("theirs.tar"))
        try scene.line("save", "-o", archive, "busybox")
        let script = """
            # podman takes no longer path than 50 bytes for what it keeps while it runs.
            short=$(mktemp -d /tmp/strXXXXXX)
            podman="podman --root $3 --runroot $short --storage-driver overlay --runtime runc --cgroup-manager cgroupfs"
            $podman load -q -i "$1" >/dev/null &&
            $podman run --name box --cap-add MKNOD --network host --ulimit nofile=20000:20000 --ulimit nproc=20000:20000 busybox sh -c "$4" &&
            $podman commit -q box changed >/dev/null && $podman save -q --format oci-archive -o "$2" localhost/changed; status=$?
            $podman rm -f box >/dev/null; $podman rmi -af >/dev/null; rm -rf "$short"; exit $status
            """
        let outcome = try Program.shell.run(
            ["-c", script, "sh", archive, theirs, scene.bench.folder.path("podman"), Self.changes], timeLimit: 120)
        try Skip.unless(outcome.status == 0, "podman cannot run containers here: \(outcome.errors.suffix(300))")
        var (ours, others) = (try unpackedHere(scene), try unpacked(scene, "oci-archive:\(theirs)"))
        // What a runtime makes for itself.
        for name in [
            "etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab", "proc", "sys", "dev", "run", "run/.containerenv",
        ] {
            ours[name] = nil
            others[name] = nil
        }
        for name in others.keys where name.hasPrefix("run/") { others[name] = nil }
        #expect(Set(ours.keys).symmetricDifference(others.keys) == [])
        for (name, entry) in ours {
            #expect(NSDictionary(dictionary: entry) == NSDictionary(dictionary: others[name] ?? [:]), "\(name)")
        }
    }

    @Test func anImageOf129LayersIsRun() throws {
        let scene = try ContainerScene()
        let context = scene.bench.folder.path("many")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        var text = "FROM busybox\n"
        for number in 1...125 {
            try Data("\(number)".utf8).write(to: URL(fileURLWithPath: "\(context)/\(number)"))
            text += "COPY \(number) /many/\(number)\n"
        }
        try Data((text + "RUN cat /many/1 /many/125 > /sum\n").utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
        #expect(try scene.strata("build", "-q", "-t", "many", context).status == 0)
        let outcome = try scene.strata("run", "--name", "box", "many", "sh", "-c", "ls /many | wc -l; cat /sum; echo x > /many/1")
        #expect(outcome.output == "125\n1125", "\(outcome.errors)")
        try scene.line("commit", "box", "many:more")
        let analysis = try scene.bench.document("analyze", "many:more")
        #expect((analysis["totals"] as? [String: Any])?["layerCount"] as? Int == 130)
        #expect(try scene.strata("run", "--rm", "many:more", "cat", "/many/1").output == "x\n")
    }

    @Test func whatARunningContainerWroteIsCommitted() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "box", "busybox", "sh", "-c", "echo now > /now; sleep 100")
        try scene.eventually("it wrote") { try scene.strata("exec", "box", "cat", "/now").output == "now\n" }
        try scene.line("commit", "box", "busybox:now")
        let document = try scene.bench.document("files", "busybox:now", "--layer", "3")
        let entries = try #require(document["entries"] as? [[String: Any]])
        #expect(entries.compactMap { $0["path"] as? String }.filter { !$0.isEmpty } == ["now"])
        #expect(try scene.strata("container", "diff", "box").output == "A /now\n")
        try scene.line("rm", "-f", "box")
        #expect(scene.bench.problems == [])
    }

    /// Makes directories in one another in what a container has changed.
    private func dig(_ scene: ContainerScene, _ id: String, _ depth: Int) throws {
        let script = """
            import os, sys
            os.chdir(sys.argv[1])
            for _ in range(int(sys.argv[2])):
                os.mkdir("d")
                os.chdir("d")
            open("bottom", "w").write("deep")
            """
        let made = try Program("python3").run(["-c", script, "\(scene.bench.store)/containers/\(id)/diff/tmp", "\(depth)"])
        #expect(made.status == 0, "\(made.errors)")
    }

    @Test func deepTreesNeedFewDescriptors() throws {
        let scene = try ContainerScene()
        func limited(_ arguments: String) throws -> Program.Outcome {
            try scene.bench.shell("ulimit -n 256; ulimit -s 1024; $STRATA \(arguments)")
        }
        for (name, depth) in [("flat", 1500), ("box", 3000), ("other", 3000), ("abyss", 20000)] {
            let id = try scene.line("run", "-d", "--name", name, "busybox", "touch", "/tmp/one")
            _ = try scene.strata("wait", name)
            try dig(scene, id, depth)
        }
        // One that can be unpacked becomes a layer, which tar and strata unpack.
        let committed = try limited("commit flat deep")
        #expect(committed.status == 0, "\(committed.errors)")
        let exported = try scene.bench.shell(
            "$STRATA export -o $1/deep.tar deep && mkdir $1/deep && tar -C $1/deep -xf $1/deep.tar && find $1/deep -name bottom -printf '%d\\n'",
            scene.bench.folder.path)
        #expect(exported.output == "1502\n", "\(exported.errors)")
        let listed = try scene.strata("run", "--rm", "deep", "sh", "-c", "find /tmp -name bottom | wc -c")
        #expect(listed.output == "3012\n", "\(listed.errors)")
        // One that no call of Linux could name does not, and the sentence can be read.
        let refused = try limited("commit box deeper")
        expectSentence(refused, naming: "4095", status: 1)
        #expect(refused.errors.utf8.count < 1000, "\(refused.errors)")
        for arguments in ["df", "ps -a -s", "gc", "rm box", "system prune -f"] {
            let outcome = try limited(arguments)
            #expect(outcome.status == 0, "\(arguments): \(outcome.errors.prefix(300))")
        }
        #expect(scene.bench.names("containers") == [])
        #expect(scene.bench.problems == [])
    }

    @Test func filesThatGoOrShrinkMeanwhileAreNoError() throws {
        let scene = try ContainerScene()
        let script = """
            cd /tmp; while :; do
            for i in 1 2 3 4 5 6 7 8 9; do mkdir d$i; echo $i > d$i/f; ln d$i/f d$i/g; ln -s f d$i/l; done
            head -c 8000000 /dev/zero > big; : > big; rm -r d*; done
            """
        try scene.line("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
        for number in 1...12 {
            let committed = try scene.strata("commit", "--compression", "none", "box", "busybox:\(number)")
            #expect(committed.status == 0, "\(committed.errors)")
        }
        try scene.line("rm", "-f", "box")
        #expect(scene.bench.problems == [])
    }

    @Test func aContainerThatChangedNothingMakesNoLayer() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "true")
        try scene.line("commit", "box", "busybox:same")
        let analysis = try scene.bench.document("analyze", "busybox:same")
        #expect((analysis["totals"] as? [String: Any])?["layerCount"] as? Int == 3)
    }
}
