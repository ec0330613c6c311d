import Foundation
import Glibc
import TestSupport
import Testing

/// Networks of containers' own, and ports of the machine that lead to them.
@Suite(.enabled(if: ContainerScene.isPossible), .needs("/usr/lib/podman/netavark", "iptables-save"))
struct NetworkTests {
    private static let server = ["sh", "-c", "echo hello > /tmp/f && exec httpd -f -p 80 -h /tmp"]

    private func start(_ scene: ContainerScene, _ options: String...) throws -> String {
        let outcome = try scene.bench.program.run(["run", "-d"] + options + ["busybox"] + Self.server)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines.first ?? ""
    }

    /// What answers at an address of the machine.
    private func answer(_ scene: ContainerScene, _ place: String) throws -> String {
        var answer = ""
        try scene.eventually("\(place) answers") {
            answer = try scene.bench.shell("exec timeout 10 busybox wget -qO- \"http://$1/f\"", place).output
            return !answer.isEmpty
        }
        return answer
    }

    private func place(_ scene: ContainerScene, _ name: String) throws -> String { try scene.line("port", name, "80") }

    /// What of a container is left on the machine: rules for its port, its interface, its notes.
    private func remains(_ scene: ContainerScene, _ id: String, _ place: String, _ interface: String) throws -> [String] {
        let port = place.split(separator: ":").last.map(String.init) ?? ""
        var found = try bench(scene, "iptables-save | grep -e \"--dport $1 \" -e \"$2\"", port, id)
        if access("/sys/class/net/\(interface)", F_OK) == 0 { found.append(interface) }
        if access("\(scene.bench.store)/containers/\(id)/network.json", F_OK) == 0 { found.append("network.json") }
        return found
    }

    private func bench(_ scene: ContainerScene, _ script: String, _ words: String...) throws -> [String] {
        try Program.shell.run(["-c", script, "sh"] + words).lines
    }

    /// The machine's interface in a network.
    private func interface(_ scene: ContainerScene, _ network: String) throws -> String {
        let list = try scene.bench.document("network", "ls")["networks"] as? [[String: Any]] ?? []
        let id = try #require(list.first { $0["name"] as? String == network }?["id"] as? String)
        return "strata-\(id.prefix(8))"
    }

    @Test func aPublishedPortAnswersUntilItsContainerEnds() throws {
        let scene = try ContainerScene()
        for (name, end) in [("one", ["stop", "-t", "1"]), ("two", ["rm", "-f"]), ("three", ["kill"])] {
            let id = try start(scene, "--name", name, "-p", "127.0.0.1::80")
            let (place, interface) = (try place(scene, name), try interface(scene, "bridge"))
            #expect(place.hasPrefix("127.0.0.1:"))
            #expect(try answer(scene, place) == "hello\n")
            let listed = try scene.strata("ps").output
            #expect(listed.contains("\(place)->80/tcp"), "\(listed)")
            #expect(try scene.strata("port", name).output == "80/tcp -> \(place)\n")
            #expect(try remains(scene, id, place, interface).count > 2)
            #expect(try scene.bench.program.run(end + [name]).status == 0)
            #expect(try remains(scene, id, place, interface) == [])
        }
        #expect(scene.bench.problems == [])
    }

    @Test func whatAKilledKeeperLeavesTheNextCommandTakesAway() throws {
        let scene = try ContainerScene()
        let id = try start(scene, "--name", "web", "-p", "127.0.0.1::80")
        let (place, interface) = (try place(scene, "web"), try interface(scene, "bridge"))
        #expect(try answer(scene, place) == "hello\n")
        let keepers = try scene.processes("--keep").filter { try scene.processes(id).contains($0) }
        for keeper in keepers { kill(keeper, SIGKILL) }
        try scene.eventually("the container has ended") { try scene.statuses()["web"] == "exited 137" }
        #expect(try remains(scene, id, place, interface) == [])
        try scene.line("start", "web")
        #expect(try answer(scene, try self.place(scene, "web")) == "hello\n")
        try scene.line("rm", "-f", "web")
    }

    @Test func aPortOfTheMachineIsOneContainers() throws {
        let scene = try ContainerScene()
        _ = try start(scene, "--name", "web", "-p", "127.0.0.1::80")
        let port = try #require(try place(scene, "web").split(separator: ":").last)
        let refused = try scene.strata("run", "--rm", "-p", "127.0.0.1:\(port):80", "busybox", "true")
        #expect(refused.status == 125 && refused.errors.contains("cannot publish 127.0.0.1:\(port)/tcp"), "\(refused.errors)")
        try scene.line("rm", "-f", "web")
    }

    @Test(.needs("/usr/lib/podman/aardvark-dns")) func containersOfANetworkFindEachOther() throws {
        let scene = try ContainerScene()
        try scene.line("network", "create", "--label", "a=b", "back")
        _ = try start(scene, "--name", "web", "--network", "back", "--network-alias", "other")
        let hosts = try scene.strata("exec", "web", "sh", "-c", "grep \"$(hostname)\" /etc/hosts")
        let address = hosts.output.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        // A static program may have no resolver but its own.
        for name in ["web", "other"] {
            let found = try scene.strata(
                "run", "--rm", "--network", "back", "busybox", "sh", "-c",
                "nslookup -type=a $0; timeout 10 wget -qO- http://$1/f",
                name, address)
            #expect(found.output.contains("Address: \(address)\n") && found.output.hasSuffix("hello\n"), "\(found)")
        }
        let inspected = try scene.strata("inspect", "web").output
        #expect(inspected.contains("\"IPAddress\": \"\(address)\""), "\(inspected)")
        let used = try scene.strata("network", "rm", "back")
        #expect(used.status == 1 && used.errors.contains("joined by web"), "\(used.errors)")
        try scene.line("rm", "-f", "web")
        #expect(try scene.strata("network", "prune", "-f").output.contains("back\n"))
    }

    @Test func anAddressIsOneContainers() throws {
        let scene = try ContainerScene()
        try scene.line("network", "create", "back")
        let list = try #require(try scene.bench.document("network", "ls")["networks"] as? [[String: Any]])
        let base = try #require((list.first?["subnet"] as? String)?.split(separator: "/").first).dropLast(1)
        let options = ["--network", "back", "--ip", "\(base)77"]
        let id = try scene.bench.program.run(["run", "-d", "--name", "one"] + options + ["busybox", "sleep", "100"])
        #expect(id.status == 0, "\(id.errors)")
        #expect(try scene.strata("exec", "one", "ip", "-4", "-o", "addr", "show", "eth0").output.contains("\(base)77/24"))
        let refused = try scene.bench.program.run(["run", "--rm"] + options + ["busybox", "true"])
        #expect(refused.status == 125 && refused.errors.contains("cannot give the address \(base)77"), "\(refused.errors)")
        let outside = try scene.strata("run", "--rm", "--network", "back", "--ip", "9.9.9.9", "busybox", "true")
        #expect(outside.status == 125 && outside.errors.contains("9.9.9.9"), "\(outside.errors)")
        try scene.line("rm", "-f", "one")
    }

    @Test func whatCannotBeIsRefusedInASentence() throws {
        let scene = try ContainerScene()
        for (words, said) in [
            (["--network", "nothere"], "no such network: nothere"), (["-p", "99999:80"], "99999:80"),
            (["--network", "host", "-p", "8080:80"], "--network host"), (["--network", "none", "-p", "80"], "--network none"),
            (["--network", "container:x"], "container:x"), (["--ip", "1.2.3.4"], "--ip"), (["-p", "[::1]:80:80"], "IPv4"),
        ] {
            let refused = try scene.bench.program.run(["run", "--rm"] + words + ["busybox", "true"])
            #expect(refused.status == 125 && refused.errors.contains(said), "\(words): \(refused.errors)")
        }
        for words in [["rm", "nothere"], ["create", "host"], ["create", "-bad"], ["create", "--subnet", "127.0.0.0/8x", "a"]] {
            #expect(try scene.bench.program.run(["network"] + words).status != 0)
        }
        #expect(scene.bench.names("containers").count <= 1)
    }

    @Test func aMissingProgramIsNamedWithItsPackage() throws {
        let scene = try ContainerScene()
        let hidden = try Program("unshare").run(
            [
                "-m", "sh", "-c", "mount -t tmpfs none /usr/lib/podman && exec \"$0\" \"$@\"", Program.strata.path, "--store",
                scene.bench.store, "run", "--rm", "-p", "80", "busybox", "true",
            ])
        #expect(hidden.status == 125 && hidden.errors.contains("apt-get install netavark aardvark-dns"), "\(hidden.errors)")
    }
}
