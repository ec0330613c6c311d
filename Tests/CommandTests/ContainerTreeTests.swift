import Foundation
import TestSupport
import Testing

/// What a container's tree is to those who look at it from outside: by `commit`, `diff`, `export` and `cp`.
@Suite(.enabled(if: ContainerScene.isPossible)) struct ContainerTreeTests {
    @Test func nothingThatAContainerWritesDeletesInAnImage() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "touch", "/etc/.wh.kept")
        expectSentence(try scene.strata("commit", "box", "made"), naming: "/etc/.wh.kept", status: 1)
        #expect(try scene.strata("diff", "box").lines.contains("A /etc/.wh.kept"))
        let dockerfile = "FROM busybox\nRUN chmod 777 /etc\nUSER 42\nRUN touch /etc/.wh.kept\n"
        let context = scene.bench.folder.path("marked")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
        expectSentence(try scene.strata("build", "-q", context), naming: "/etc/.wh.kept", status: 1)
    }

    @Test(.needs("python3")) func anAttributeOfAUsersIsNoMark() throws {
        let scene = try ContainerScene()
        let id = try scene.line("run", "-d", "--name", "box", "busybox", "sh", "-c", "touch /etc/new; sleep 100")
        try scene.eventually("the file is there") { try scene.strata("exec", "box", "ls", "/etc/new").status == 0 }
        let script = "import os, sys; os.setxattr(sys.argv[1], 'user.overlay.opaque', b'y')"
        #expect(try Program("python3").run(["-c", script, "\(scene.bench.store)/containers/\(id)/diff/etc"]).status == 0)
        try scene.line("commit", "box", "made")
        #expect(try scene.strata("run", "--rm", "made", "cat", "/etc/kept").output == "kept\n")
        #expect(try !scene.strata("diff", "box").lines.contains { $0.hasPrefix("D") })
        try scene.line("rm", "-f", "box")
    }

    @Test func whatANewFolderHidesIsTold() throws {
        let scene = try ContainerScene()
        let script = "rm -r /var/cache && mkdir -p /var/cache/old && touch /var/cache/new"
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", script)
        #expect(
            try scene.strata("diff", "box").lines.filter { $0.contains("/var/") }
                == ["C /var/cache", "A /var/cache/new", "C /var/cache/old", "D /var/cache/old/gone"])
    }

    @Test func aLengthIsWhatReadingGives() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "100")
        for path in ["/sys/kernel/mm/transparent_hugepage/enabled", "/proc/cpuinfo"] {
            guard let content = FileManager.default.contents(atPath: path) else { continue }
            try scene.line("cp", path, "box:/copy")
            #expect(try scene.strata("exec", "box", "cat", "/copy").output == String(decoding: content, as: UTF8.self), "\(path)")
        }
        try scene.line("rm", "-f", "box")
    }
}
