import Foundation
import Glibc
import TestSupport
import Testing

/// What the system refuses reaches the user as a sentence with the name of the thing, and with the status of the command.
struct SystemErrorTests: BuildScene {
    /// Refused by `open`: a socket has no content, whoever asks.
    private func socket(in bench: Workbench) throws -> String {
        let path = bench.folder.path("socket")
        let fd = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(fd >= 0)
        defer { close(fd) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        return path
    }

    /// No text of Swift or Foundation, which say what is wrong with a value and not with a thing.
    private func expectNoRawText(_ outcome: Program.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        for text in ["Error Domain", "NSCocoa", "Error: ", "detail:", ".part"] {
            #expect(!outcome.errors.contains(text), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
    }

    @Test func aContextOrDockerfileThatCannotBeOpenedIsNamed() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nLABEL a=b\n"])
        let socket = try socket(in: bench)
        let context = try bench.strata("build", "-q", socket)
        expectSentence(context, naming: socket)
        expectNoRawText(context)
        expectSentence(try bench.strata("build", "-q", "-f", socket, bench.folder.path("context")), naming: socket)
        expectSentence(try bench.strata("build", "-q", ""), naming: "''")
    }

    /// An address would be the path of a folder that nobody has.
    @Test(arguments: ["a=oci-layout:///x", "=x", "a="])
    func aNamedContextOfAnotherKindIsRefused(_ text: String) throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY --from=a / /\n"])
        let outcome = try build(bench, "--build-context", text)
        #expect(outcome.status == 2 && outcome.errors.contains(text), "\(outcome.errors)")
    }

    @Test(.enabled(if: ContainerScene.isPossible), arguments: ["absent", "folder", "loop", "socket", "/dev/zero", "file/x"])
    func aSecretThatCannotBeReadIsNamed(_ name: String) throws {
        let scene = try ContainerScene()
        let bench = scene.bench
        try FileManager.default.createDirectory(atPath: bench.folder.path("folder"), withIntermediateDirectories: true)
        _ = try bench.file("file", Data("x".utf8))
        #expect(symlink("loop", bench.folder.path("loop")) == 0)
        _ = try socket(in: bench)
        let path = name.hasPrefix("/") ? name : bench.folder.path(name)
        let outcome = try build(
            try with(bench, "FROM busybox\nRUN --mount=type=secret,id=x cat /run/secrets/x\n"), "-q", "--secret",
            "id=x,src=\(path)")
        #expect(outcome.status == 3 && outcome.errors.contains(path), "\(outcome.errors)")
        expectNoRawText(outcome)
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aSecretMayComeThroughAPipe() throws {
        let scene = try ContainerScene()
        let bench = try with(scene.bench, "FROM busybox\nRUN --mount=type=secret,id=x cat /run/secrets/x > /kept\n")
        let outcome = try bench.shell(
            """
            mkfifo "$1/fifo" && (echo told > "$1/fifo" &) && "$STRATA" build -q -t made --secret id=x,src="$1/fifo" "$1/context" \
                && "$STRATA" run --rm made cat /kept
            """, bench.folder.path)
        #expect(outcome.lines.last == "told", "\(outcome.errors)")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aFolderThatCannotBeMadeToMountIsNamed() throws {
        let scene = try ContainerScene()
        let file = try scene.bench.file("file", Data())
        #expect(symlink("loop", scene.bench.folder.path("loop")) == 0)
        for (path, verb) in [("\(file)/new", "run"), (scene.bench.folder.path("loop"), "run"), ("\(file)/new", "create")] {
            let outcome = try scene.strata(verb, "-v", "\(path):/x", "busybox", "true")
            expectSentence(outcome, naming: path, status: verb == "run" ? 125 : 3)
            expectNoRawText(outcome)
        }
        #expect(try scene.strata("run", "--rm", "-v", "\(scene.bench.folder.path("a/b")):/x", "busybox", "true").status == 0)
        #expect(FileManager.default.fileExists(atPath: scene.bench.folder.path("a/b")))
    }

    /// Where the current directory was removed a relative path means nothing, and above all nothing below the root.
    @Test(
        .enabled(if: ContainerScene.isPossible),
        arguments: [
            ("run --rm -v ./NAME:/x busybox true", 125), ("run --rm --mount type=bind,source=./NAME,target=/x busybox true", 125),
            ("--store NAME images", 3), ("cp NAME box:/tmp", 3), ("mount busybox NAME", 3),
        ] as [(String, Int32)])
    func withoutACurrentDirectoryRelativePathsAreRefused(line: String, status: Int32) throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "true")
        let name = "strata-test-\(UUID().uuidString)"
        let words = line.replacing("NAME", with: name)
        let outcome = try scene.bench.shell(
            "mkdir \"$1/gone\" && cd \"$1/gone\" && rmdir \"$1/gone\" && \"$STRATA\" \(words)", scene.bench.folder.path)
        expectSentence(outcome, naming: name, status: status)
        #expect(outcome.errors.contains("current directory"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: "/\(name)"))
    }

    /// 125 tells a failure of this program from a status of the command, whatever went wrong.
    @Test(arguments: [
        "run", "run --nosuch busybox true", "run --pull often busybox", "run --pids-limit x busybox",
        "container run --nosuch busybox",
        "--progress none run --nosuch busybox", "exec", "exec --nosuch box true", "exec box", "exec nobody true",
        "container exec nobody true", "run --store /dev/null/x busybox", "exec --store /dev/null/x box true",
        "run --format json --nosuch busybox",
    ])
    func aFailureBeforeTheCommandIs125(line: String) throws {
        let outcome = try Workbench().program.run(line.split(separator: " ").map(String.init))
        #expect(outcome.status == 125, "\(outcome.errors)")
        #expect(outcome.output == "" && outcome.errors != "")
    }

    @Test(arguments: ["run --help", "exec --help", "help run"]) func helpIsNoFailure(line: String) throws {
        #expect(try Workbench().program.run(line.split(separator: " ").map(String.init)).status == 0)
    }

    @Test(arguments: [
        ("cp a b", "cp"), ("cp a:/x b:/y", "cp"), ("container cp a b", "container cp"), ("start -a one two", "start"),
        ("cp", "cp"),
    ])
    func theUsageIsThatOfTheCommand(line: String, command: String) throws {
        let outcome = try Workbench().program.run(line.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors.contains("Usage: strata \(command) "), "\(outcome.errors)")
    }

    /// Where the kernel gives no further descriptor, libraries end the process without a word.
    @Test func tooLowALimitOfOpenFilesIsRaisedOrTold() throws {
        let bench = try Workbench()
        #expect(try bench.shell("ulimit -S -n 10; \"$STRATA\" images").status == 0)
        expectSentence(try bench.shell("ulimit -n 10; \"$STRATA\" images"), naming: "10 files")
        #expect(try bench.shell("ulimit -n 10; \"$STRATA\" run busybox").status == 125)
    }

    @Test func anOptionThatDoesNotFitAnArgumentIsNamed() throws {
        expectSentence(try Workbench().strata("push", "--all-tags", "example.com/a:1"), naming: "--all-tags", status: 2)
    }

    @Test(arguments: ["--help", "help run", "--version"]) func helpThatIsNotWrittenIsAFailure(line: String) throws {
        let outcome = try Workbench().shell("\"$STRATA\" \(line) > /dev/full")
        expectSentence(outcome, naming: "No space left on device")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func outputThatIsNotWrittenIsAFailure() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "1000")
        for (line, status) in [
            ("run --rm busybox echo hi", 125), ("run --rm busybox sh -c 'echo hi; sleep 0.2; exit 7'", 7),
            ("exec box echo hi", 125), ("exec box sh -c 'echo hi; exit 7'", 7), ("cp box:/bin -", 3),
        ] as [(String, Int32)] {
            let outcome = try scene.bench.shell("\"$STRATA\" \(line) > /dev/full")
            expectSentence(outcome, naming: "No space left on device", status: status)
        }
        // A reader that wants no more is another matter.
        let read = try scene.bench.shell("\"$STRATA\" cp box:/bin - | head -c 1 > /dev/null; exit 0")
        #expect(read.status == 0 && read.errors == "", "\(read.errors)")
    }

    /// The process that copies within the container has the words of this one.
    @Test(
        .enabled(if: ContainerScene.isPossible), arguments: ["echo garbage", "tar -c /etc/passwd | head -c 700", "cat < \"$1\""])
    func anArchiveThatCannotBeCopiedInIsToldInWords(command: String) throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "true")
        let outcome = try scene.bench.shell(
            "(\(command)) 2>/dev/null | \"$STRATA\" cp - box:/tmp", try scene.bench.file("odd", Data([0x1F, 0x8B, 0xFF, 0xFF])))
        expectSentence(outcome, naming: "cannot copy: ", status: 1)
        expectNoRawText(outcome)
        #expect(!outcome.errors.contains("(LayerArchive"), "\(outcome.errors)")
    }

    /// Why a container did not begin is kept in words, for who inspects it later.
    @Test(.enabled(if: ContainerScene.isPossible)) func whyACommandDidNotBeginIsKeptInWords() throws {
        let scene = try ContainerScene()
        #expect(try scene.strata("run", "--name", "box", "busybox", "/nothing").status == 127)
        let text = try scene.strata("inspect", "box").output
        let error = try #require(text.split(separator: "\n").first { $0.contains("\"Error\"") })
        #expect(error.contains("/nothing") && !error.contains("noSuchCommand"), "\(error)")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aCopyTakesNoDevicesPlace() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "true")
        let fifo = scene.bench.folder.path("fifo")
        try #require(mkfifo(fifo, 0o600) == 0)
        expectSentence(try scene.strata("cp", "box:/etc/kept", fifo), naming: fifo, status: 1)
        var status = stat()
        #expect(lstat(fifo, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
        #expect(try scene.strata("cp", "", "box:/tmp").status == 2)
        #expect(try scene.strata("cp", "box:/etc/kept", "").status == 2)
    }

    @Test(arguments: [
        "save busybox -o", "save busybox --type oci -o", "save busybox --type oci-archive -o", "export busybox -o", "plan -o",
    ])
    func whereAResultCannotBeWrittenIsSaidAsItWasCalled(line: String) throws {
        let bench = try Workbench()
        let archive = try bench.file(
            "a.tar", try ImageBuilder([BuiltLayer([.file("x", text: "x")])], named: "busybox:latest").dockerArchive(.legacy).tar)
        try bench.succeed("load", "-i", archive)
        let words = line.split(separator: " ").map(String.init)
        // Nobody can make a file there.
        let refused = try bench.program.run(words + ["/proc/strata-result"])
        expectSentence(refused, naming: "/proc/strata-result: ")
        expectNoRawText(refused)
        // A layout is a folder: a slash behind its name is no fault.
        guard !line.contains("--type oci -o") else { return }
        let slash = bench.folder.path("folder") + "/"
        expectSentence(try bench.program.run(words + [slash]), naming: "\(slash): Is a directory")
        #expect(!FileManager.default.fileExists(atPath: bench.folder.path("folder")))
    }

    /// Another store helps where it is the store that cannot be opened, and nowhere else.
    @Test(.needsRoot, .needs("setpriv")) func anotherStoreIsAdvisedOnlyWhereItHelps() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            """
            chmod 755 "$1"; mkdir -m 777 "$1/open"; mkdir -m 700 "$1/closed"; touch "$1/policy"; chmod 600 "$1/policy"
            as() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$1/open" "$STRATA" "$@"; }
            as --store "$1/open/s" plan --policy "$1/policy"; as --store "$1/closed/s" images
            """, bench.folder.path)
        let lines = outcome.errors.split(separator: "\n").map(String.init)
        #expect(lines.count == 3 && lines.first?.contains("/policy: Permission denied") == true, "\(outcome.errors)")
        #expect(lines.last?.contains("--store DIR") == true, "\(outcome.errors)")
    }
}
