import Foundation
import TestSupport
import Testing

/// Trees of containers and images, looked at and changed from outside.
@Suite(.enabled(if: ContainerScene.isPossible)) struct ContainerCopyTests {
    /// A folder of this machine with a file, a directory and links.
    private func folder(_ scene: ContainerScene) throws -> String {
        let folder = scene.bench.folder.path("source")
        let script = """
            mkdir -p "$1/sub" && echo one > "$1/one" && ln "$1/one" "$1/sub/same" && ln -s one "$1/link" && chmod 640 "$1/one"
            """
        #expect(try Program.shell.run(["-c", script, "sh", folder]).status == 0)
        return folder
    }

    @Test(arguments: [false, true]) func filesGoInAndComeOut(isRunning: Bool) throws {
        let scene = try ContainerScene()
        let folder = try folder(scene)
        if isRunning {
            try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "100")
        } else {
            try scene.line("create", "--name", "box", "busybox", "sh", "-c", "find /srv /tmp -type f | sort")
        }
        // A directory under a new name, then into one that is there, then its contents, then a file under a name.
        for (source, target) in [
            (folder, "box:/srv"), (folder, "box:/tmp"), ("\(folder)/.", "box:/tmp/"), ("\(folder)/one", "box:/tmp/two"),
        ] {
            let copied = try scene.strata("cp", source, target)
            #expect(copied.status == 0, "\(source) to \(target): \(copied.errors)")
        }
        let expected = [
            "/srv/one", "/srv/sub/same", "/tmp/one", "/tmp/source/one", "/tmp/source/sub/same", "/tmp/sub/same", "/tmp/two",
        ]
        let seen =
            isRunning
            ? try scene.strata("exec", "box", "sh", "-c", "find /srv /tmp -type f | sort")
            : try scene.strata("start", "-a", "box")
        #expect(seen.lines == expected, "\(seen.errors)")
        let out = scene.bench.folder.path("out")
        try scene.line("cp", "-a", "box:/srv", out)
        let listed = try Program.shell.run(["-c", "cd $1 && cat one && readlink link && stat -c '%a %h' one", "sh", out])
        #expect(listed.lines == ["one", "one", "640 2"])
        try scene.line("cp", "box:/etc/kept", scene.bench.folder.path("kept"))
        #expect(try Program.shell.run(["-c", "cat $1", "sh", scene.bench.folder.path("kept")]).output == "kept\n")
        let streamed = try scene.bench.shell(
            "$STRATA cp box:/etc/kept - | tar -xO kept && tar -C $1 -c one | $STRATA cp - box:/var && echo ok", folder)
        #expect(streamed.output == "kept\nok\n", "\(streamed.errors)")
        expectSentence(try scene.strata("cp", "box:/nowhere", out), naming: "/nowhere", status: 1)
        expectSentence(try scene.strata("cp", "\(folder)/nothing", "box:/tmp"), naming: "nothing", status: 1)
        expectSentence(try scene.strata("cp", folder, "box:/not/there"), naming: "/not", status: 1)
        try scene.line("rm", "-f", "box")
        #expect(!scene.hasMounts && scene.bench.problems == [])
    }

    @Test func whatCannotBeOpenedKeepsItsModeAndTime() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "true")
        let script = """
            mkdir "$1" && mkfifo "$1/pipe" && chmod 666 "$1/pipe" && ln -s one "$1/link" && touch -h -d @1000000000 "$1/pipe" "$1/link"
            umask 077 && tar -C "$1" -c pipe link | $STRATA cp - box:/var && export TZ=UTC
            for name in pipe link; do $STRATA cp box:/var/$name - | tar -tv --full-time | cut -d ' ' -f 1,4- | tr -s ' '; done
            """
        let seen = try scene.bench.shell(script, scene.bench.folder.path("odd"))
        let time = "2001-09-09 01:46:40"
        #expect(seen.errors == "")
        #expect(seen.lines.count == 2 && seen.lines.allSatisfy { $0.contains(time) }, "\(seen.output)")
        #expect(seen.lines.first?.hasPrefix("prw-rw-rw-") == true, "\(seen.output)")
    }

    @Test func noLinkLeadsOutOfTheContainer() throws {
        let scene = try ContainerScene()
        try scene.line(
            "run", "--name", "box", "busybox", "sh", "-c",
            "ln -s /etc/shadow /tmp/leak; ln -s / /tmp/top; ln -s ../../../.. /tmp/up")
        let secret = try scene.bench.file("secret", Data("secret".utf8))
        // What the links mean is the container's own.
        expectSentence(
            try scene.strata("cp", "box:/tmp/top/\(secret)", scene.bench.folder.path("x")), naming: "secret", status: 1)
        expectSentence(try scene.strata("cp", "box:/tmp/up/\(secret)", scene.bench.folder.path("x")), naming: "secret", status: 1)
        let out = scene.bench.folder.path("out")
        try scene.line("cp", "box:/tmp/leak", out)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: out) == "/etc/shadow")
        try scene.line("cp", secret, "box:/tmp/top/inside")
        #expect(try scene.strata("cp", "box:/inside", "-").status == 0)
        #expect(!FileManager.default.fileExists(atPath: "/inside"))
    }

    /// Runs a few lines of python that must succeed.
    private func python(_ script: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try Program("python3").run(["-c", script] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    @Test func namesAreBytesAndNoText() throws {
        let scene = try ContainerScene()
        let script = """
            cd /srv; e=$(printf 'caf\\351'); a=$(printf 'caf\\350'); echo e > $e; echo a > $a; ln -s $e link; ln $a other; \
            mkdir d$e; echo in > d$e/$a
            """
        try scene.line("run", "--name", "first", "-w", "/srv", "busybox", "sh", "-c", script)
        try scene.line("commit", "first", "bytes")
        let (out, back) = (scene.bench.folder.path("out"), scene.bench.folder.path("back"))
        try scene.line("create", "--name", "box", "bytes", "true")
        try scene.line("cp", "box:/srv", out)
        try scene.line("cp", out, "box:/again")
        try scene.line("cp", "box:/again", back)
        let check = """
            import os, sys
            for root in map(os.fsencode, sys.argv[1:]):
                assert sorted(os.listdir(root)) == [b"caf\\xe8", b"caf\\xe9", b"dcaf\\xe9", b"link", b"other"], os.listdir(root)
                assert os.readlink(root + b"/link") == b"caf\\xe9"
                assert open(root + b"/link", "rb").read() == b"e\\n" and open(root + b"/other", "rb").read() == b"a\\n"
                assert os.stat(root + b"/caf\\xe8").st_nlink == 2
                assert open(root + b"/dcaf\\xe9/caf\\xe8", "rb").read() == b"in\\n"
            """
        try python(check, out, back)
        // Something with such a name is replaced, by a layer too.
        let later = "cd /srv; rm -r dcaf*; echo file > $(printf 'dcaf\\351'); rm $(printf 'caf\\350')"
        try scene.line("run", "--name", "second", "bytes", "sh", "-c", later)
        try scene.line("commit", "second", "bytes:2")
        let listed = try scene.strata("run", "--rm", "bytes:2", "sh", "-c", "cd /srv; cat dcaf*; ls | wc -l")
        #expect(listed.output == "file\n4\n", "\(listed.errors)")
    }

    @Test func namesThatLookLikeMarkersAreFiles() throws {
        let scene = try ContainerScene()
        let (folder, out) = (scene.bench.folder.path("marked"), scene.bench.folder.path("out"))
        let made = "mkdir -p $1/sub && echo x > $1/.wh.kept && echo y > $1/sub/.wh..wh..opq && echo z > $1/.wh..wh.plnk"
        #expect(try Program.shell.run(["-c", made, "sh", folder]).status == 0)
        try scene.line("create", "--name", "box", "busybox", "sh", "-c", "cat /etc/kept /etc/.wh.kept /etc/sub/*; ls -A /etc/sub")
        try scene.line("cp", "\(folder)/.", "box:/etc")
        try scene.line("cp", "\(folder)/.wh.kept", "box:/var/.wh.cache")
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        try Data("here".utf8).write(to: URL(fileURLWithPath: "\(out)/kept"))
        try Data("here".utf8).write(to: URL(fileURLWithPath: "\(out)/.wh.sub"))
        try scene.line("cp", "box:/etc/.wh.kept", out)
        try scene.line("cp", "box:/etc/.wh..wh.plnk", out)
        #expect(try scene.bench.shell("cd $1 && cat kept .wh.kept .wh..wh.plnk", out).output == "herex\nz\n")
        try scene.line("cp", "box:/etc/sub", out)
        #expect(try scene.bench.shell("cat $1/sub/.wh..wh..opq", out).output == "y\n")
        #expect(try scene.strata("cp", "box:/var/cache/old/gone", "-").status == 0, "nothing was deleted")
    }

    @Test func theRootIsCopiedAsWhatItHolds() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "true")
        for (number, source) in ["box:/", "box:/.", "box:", "box:/etc/.."].enumerated() {
            let (there, new) = (scene.bench.folder.path("there\(number)"), scene.bench.folder.path("new\(number)"))
            try FileManager.default.createDirectory(atPath: there, withIntermediateDirectories: true)
            for folder in [there, new, "\(new)-slash/"] {
                try scene.line("cp", source, folder)
                let seen = try scene.bench.shell("cd $1 && cat etc/kept && ls var/cache/old bin/busybox", folder)
                #expect(seen.output == "kept\nbin/busybox\n\nvar/cache/old:\ngone\n", "\(source) \(folder): \(seen.errors)")
            }
        }
        let folder = try folder(scene)
        try scene.line("cp", "\(folder)/.", "box:/")
        try scene.line("cp", folder, "box:/")
        for path in ["/one", "/sub/same", "/source/one"] {
            #expect(try scene.strata("cp", "box:\(path)", "-").status == 0, "\(path)")
        }
        // The working directory is meant by what it holds, as docker has it.
        let here = try scene.bench.shell("cd $1 && $STRATA cp . box:/var && $STRATA cp box:/var/sub/same -", folder)
        #expect(here.status == 0, "\(here.errors)")
    }

    @Test func targetsAreFoundAsDockerFindsThem() throws {
        let scene = try ContainerScene()
        let folder = try folder(scene)
        let script = """
            mkdir /tmp/real; echo old > /tmp/file; ln -s real /tmp/to-folder; ln -s /tmp/file /tmp/to-file; ln -s /tmp/new /tmp/to-new; \
            ln -s loop /tmp/loop
            """
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", script)
        for link in ["to-folder", "to-file", "to-new"] { try scene.line("cp", "\(folder)/one", "box:/tmp/\(link)") }
        for path in ["real/one", "file", "new"] {
            let copied = try scene.bench.shell("$STRATA cp box:/tmp/$1 - | tar -xO", path)
            #expect(copied.output == "one\n", "\(path)")
        }
        let links = try scene.bench.shell("$STRATA cp box:/tmp - | tar -tv | grep -c '^l.*tmp/to-'")
        #expect(links.output == "3\n", "the links are still there")
        expectSentence(try scene.strata("cp", "\(folder)/one", "box:/tmp/loop"), naming: "form a loop", status: 1)
        // Only a directory gets a new name that ends in a slash.
        try scene.line("cp", folder, "box:/tmp/made/")
        try scene.line("cp", "box:/tmp/made", scene.bench.folder.path("made/"))
        #expect(try scene.bench.shell("cat $1/one", scene.bench.folder.path("made")).output == "one\n")
        expectSentence(try scene.strata("cp", "\(folder)/one", "box:/tmp/none/"), naming: "/tmp/none", status: 1)
        expectSentence(try scene.strata("cp", "box:/tmp/file", scene.bench.folder.path("none/")), naming: "none/", status: 1)
        let streamed = try scene.bench.shell("tar -C $1 -c one | $STRATA cp - box:/tmp/nowhere", folder)
        expectSentence(streamed, naming: "/tmp/nowhere", status: 1)
    }

    @Test func ownersAreRootsOrThoseThatTheyWere() throws {
        let scene = try ContainerScene()
        let folder = try folder(scene)
        #expect(try Program.shell.run(["-c", "chown -hR 1234:5678 $1", "sh", folder]).status == 0)
        for (flags, expected) in [([String](), "0:0"), (["-a"], "1234:5678")] {
            try scene.line("create", "--name", "box", "busybox", "sh", "-c", "cd /tmp/it; stat -c '%u:%g' . * sub/* | sort -u")
            #expect(try scene.bench.program.run(["cp"] + flags + [folder, "box:/tmp/it"]).status == 0)
            #expect(try scene.strata("start", "-a", "box").lines == [expected])
            try scene.line("rm", "box")
        }
        try scene.line("create", "--name", "box", "busybox", "true")
        // An owner that no call can be given, and names that lead out.
        let script = """
            import io, sys, tarfile
            for path, name, uid in [(sys.argv[1], "huge", 2 ** 33), (sys.argv[2], "a/../../b", 0)]:
                with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
                    info = tarfile.TarInfo(name)
                    info.uid, info.size = uid, 3
                    tar.addfile(info, io.BytesIO(b"abc"))
            """
        let (huge, out) = (scene.bench.folder.path("huge.tar"), scene.bench.folder.path("out.tar"))
        try python(script, huge, out)
        expectSentence(try scene.strata("cp", "-", "box:/tmp", input: .file(huge)), naming: "huge", status: 1)
        expectSentence(try scene.strata("cp", "-", "box:/tmp", input: .file(out)), naming: "a/../../b", status: 1)
        #expect(try scene.strata("cp", "box:/tmp/a", "-").status == 1)
    }

    @Test func aContainersTreeIsExported() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", "rm /etc/kept; echo new > /etc/new")
        let (ours, image) = (scene.bench.folder.path("box.tar"), scene.bench.folder.path("image.tar"))
        try scene.line("export", "-o", ours, "box")
        try scene.line("commit", "box", "changed")
        try scene.line("export", "-o", image, "changed")
        func names(_ tar: String) throws -> Set<String> {
            let listed = try Program("tar").run(["-tf", tar]).lines.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            return Set(
                listed.filter { !["", ".", "proc", "sys", "dev", "etc/hosts", "etc/hostname", "etc/resolv.conf"].contains($0) })
        }
        #expect(try names(ours) == names(image))
        #expect(try names(ours).contains("etc/new") && !names(ours).contains("etc/kept"))
    }

    @Test func anImageIsMountedToBeLookedAt() throws {
        let scene = try ContainerScene()
        let target = scene.bench.folder.path("look")
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        #expect(try scene.line("mount", "busybox", target) == target)
        defer { _ = try? scene.strata("unmount", target) }
        #expect(try String(contentsOfFile: "\(target)/etc/kept", encoding: .utf8) == "kept\n")
        #expect(!FileManager.default.createFile(atPath: "\(target)/new", contents: nil), "it is read-only")
        let path = try scene.line("mount", "busybox")
        #expect(path.hasPrefix(scene.bench.store) && FileManager.default.fileExists(atPath: "\(path)/etc/kept"))
        #expect(try scene.strata("mount").lines.count == 2)
        // Foundation reads no more than a page of a file whose size is 0, as these have.
        let mounts = try Program("cat").run(["/proc/self/mountinfo"]).lines.filter { line in
            line.split(separator: " ").dropFirst(4).first.map { [target, path].contains(String($0)) } == true
        }
        #expect(mounts.count == 2 && mounts.allSatisfy { $0.contains(" ro,nosuid,nodev") }, "\(mounts)")
        expectSentence(try scene.strata("rmi", "busybox"), naming: "container", status: 1)
        _ = try scene.bench.program.run(["system", "prune", "-a", "-f"])
        #expect(try String(contentsOfFile: "\(target)/etc/kept", encoding: .utf8) == "kept\n")
        expectSentence(try scene.strata("unmount", "nothing"), naming: "nothing", status: 1)
        try scene.line("unmount", target)
        try scene.line("unmount", "busybox")
        #expect(!scene.hasMounts && scene.bench.names("containers") == [])
        #expect(scene.bench.problems == [])
    }
}
