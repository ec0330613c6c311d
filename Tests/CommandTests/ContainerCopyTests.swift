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
