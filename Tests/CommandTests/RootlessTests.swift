import Foundation
import Glibc
import TestSupport
import Testing

/// Containers of an ordinary user, who has a range of subordinate IDs.
///
/// The files that say so are the machine's; other ones are mounted over them for the test's own processes.
@Suite(.enabled(if: ContainerScene.isPossibleWithoutRoot)) struct RootlessTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        let text = """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            RUN --mount=type=cache,target=/cache mkdir -p /closed && echo a > /closed/a && chown -R 70:80 /closed && chmod 700 /closed && \\
                touch /cache/x && chown 5 /cache/x && mkdir /tmp
            CMD ["sh"]
            """
        _ = try ContainerScene.context(in: bench, text)
        try Data("nobody:100000:65536\n".utf8).write(to: URL(fileURLWithPath: bench.folder.path("ranges")))
        // On a machine where root alone may open it, tests have one of their own.
        _ = try bench.shell("mknod -m 666 \"$1/tun\" c 10 200", bench.folder.path)
        let shown = try bench.shell(
            "chmod -R a+rwX \"$1\" && setpriv --reuid=65534 --regid=65534 --clear-groups \"$STRATA\" --version",
            bench.folder.path)
        try Skip.unless(shown.status == 0, "another user cannot run \(Program.strata.path)")
    }

    /// Runs a script as the user `nobody`, in the bench's folder; `s` is the program.
    private func asUser(_ script: String) throws -> Program.Outcome {
        try bench.shell(
            """
            exec unshare -m sh -c 'mount --bind "$1/ranges" /etc/subuid && mount --bind "$1/ranges" /etc/subgid &&
            { ! test -e /dev/net/tun || mount --bind "$1/tun" /dev/net/tun; } && cd "$1" &&
            exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$1" sh -c "s() { \\"$STRATA\\" \\"\\$@\\"; }; $2"' \\
            sh "$1" "$2"
            """, bench.folder.path, script)
    }

    @Test func aContainersWholeLife() throws {
        let built = try asUser("s build -q -t box context")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try asUser("s run --rm box sh -c 'id -u; id -g; stat -c %u:%g:%a /closed'").output == "0\n0\n70:80:700\n")
        #expect(try asUser("s run --rm -u 33:44 box id -u").output == "33\n")
        #expect(try asUser("s run --rm --network none box ls /sys/class/net").output == "lo\n")
        let started = try asUser("s run -d --name back box sh -c 'trap \"exit 7\" TERM; while :; do sleep 0.1; done'")
        #expect(started.status == 0, "\(started.errors)")
        #expect(
            try asUser("s exec back sh -c 'mkdir -m 700 /d && echo x > /d/y && chown -R 1000:2000 /d && rm -r /closed'").status
                == 0)
        #expect(
            try asUser("echo from outside > f && s cp f back:/d/f && s cp back:/d/y y && cat y && s exec back cat /d/f").output
                == "x\nfrom outside\n")
        #expect(try asUser("s diff back").output == "D /closed\nA /d\nA /d/f\nA /d/y\n")
        #expect(try asUser("s commit back box:2").output.hasPrefix("sha256:"))
        let listed = try asUser("s run --rm box:2 sh -c 'stat -c %n:%u:%g:%a /d /d/*; ls /'").output
        #expect(listed.hasPrefix("/d:1000:2000:700\n/d/f:") && listed.contains("/d/y:1000:2000:644\n"), "\(listed)")
        #expect(!listed.contains("closed"))
        #expect(try asUser("s stop back && s wait back").output == "back\n7\n")
        #expect(
            try asUser("s start back && s kill -s TERM back && s wait back && s restart back").output == "back\nback\n7\nback\n")
        #expect(try asUser("s rm back").status == 1)
        #expect(try asUser("s rm -f back && s ps -aq").output == "back\n")
    }

    @Test func mountsAndMarksAreAsWithRoot() throws {
        #expect(try asUser("s build -q -t box context").status == 0)
        let options = "--read-only -v $PWD/v:/v --tmpfs /t"
        let made = try asUser(
            """
            mkdir v && echo new > f && s create --name made \(options) box true && \
            s run -d --name runs \(options) box sleep 100
            """)
        #expect(made.status == 0, "\(made.errors)")
        for name in ["made", "runs"] {
            let copied = try asUser("s cp f \(name):/v/\(name) && cat v/\(name) && s cp \(name):/v/\(name) - | tar -xO")
            #expect(copied.output == "new\nnew\n", "\(copied.errors)")
            expectSentence(try asUser("s cp f \(name):/f"), naming: "/f is read-only", status: 1)
        }
        let inspected = try asUser("s inspect runs").output
        let containers = try #require(try JSONSerialization.jsonObject(with: Data(inspected.utf8)) as? [[String: Any]])
        let process = try #require((containers.first?["State"] as? [String: Any])?["Pid"] as? Int)
        #expect(FileManager.default.contents(atPath: "/proc/\(process)/cmdline") == Data("sleep\u{0}100\u{0}".utf8))
        #expect(try asUser("s run --name anew box sh -c 'rm -r /closed && mkdir /closed && touch /closed/b'").status == 0)
        let expected = "C /closed\nD /closed/a\nA /closed/b\n"
        #expect(try asUser("s diff anew").output == expected)
        // Root's own containers have other marks.
        #expect(try bench.program.run(["diff", "anew"]).output == expected)
        #expect(try asUser("s rm -f runs made anew").status == 0)
    }

    /// pasta ends with the container, in whatever way that ends, and nothing answers any more.
    @Test(.needs("pasta"), arguments: ["s stop -t 1 web", "s rm -f web", "kill -9 $(s inspect web | grep -m1 Pid | tr -dc 0-9)"])
    func aPublishedPortAnswersUntilItsContainerEnds(_ end: String) throws {
        let server = "mkdir /w && echo hello > /w/f && exec httpd -f -p 80 -h /w"
        let started = try asUser("s build -q -t box context && s run -d --name web -p 127.0.0.1::80 box sh -c '\(server)'")
        #expect(started.status == 0, "\(started.errors)")
        let place = try #require(try asUser("s port web 80").lines.first)
        #expect(place.hasPrefix("127.0.0.1:"))
        func answers(_ wanted: String) throws -> Bool {
            for _ in 0..<100 {
                let said = try bench.shell("timeout 10 busybox wget -qO- \"http://$1/f\" || echo nothing", place).output
                if said == wanted { return true }
                usleep(100_000)
            }
            return false
        }
        #expect(try answers("hello\n"))
        let ended = try asUser(end)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try answers("nothing\n"))
        #expect(try asUser("s rm -f web").status == 0)
        #expect(bench.problems == [])
    }

    @Test func allOfItCanGo() throws {
        #expect(
            try asUser("s build -q -t box context && s run box sh -c 'mkdir -m 700 /d && chown 9 /d && echo > /d/e'").status == 0)
        let before = try bench.shell("find \"$STRATA_STORE\" -uid +99999 | wc -l")
        #expect(before.output != "0\n", "files belong to the range")
        #expect(try asUser("s fsck").status == 0)
        let pruned = try asUser("s system prune -af && s builder prune -af")
        #expect(pruned.status == 0, "\(pruned.errors)")
        let left = try bench.shell("find \"$STRATA_STORE\" -uid +99999")
        #expect(left.output == "")
        #expect(bench.problems == [] && bench.ingestNames == [])
    }

    @Test func whatNeedsRootIsSaid() throws {
        #expect(try asUser("s build -q -t box context").status == 0)
        let limited = try asUser("s run --rm --memory 100m box true")
        #expect(limited.status == 125 && limited.errors.contains("need root"))
        let mounted = try asUser("s mount box")
        #expect(mounted.status != 0 && mounted.errors.contains("needs root"))
        // Root would leave files in the user's store that he could not remove.
        let asRoot = try bench.program.run(["run", "--rm", "box", "true"])
        #expect(asRoot.status == 125 && asRoot.errors.contains("the store belongs to user 65534"), "\(asRoot.errors)")
    }
}
