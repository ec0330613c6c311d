import EngineStores
import Foundation
import ImageStorage
import OCISpec
import Operations
import TestSupport
import Testing

/// Engines that a command line names, and where their roots are.
struct EngineOperationTests {
    @Test(arguments: [
        ("docker", EngineChoice(.docker)), ("podman=/srv/c", EngineChoice(.podman, root: "/srv/c")),
        ("containerd=a=b", EngineChoice(.containerd, root: "a=b")), ("buildkit", EngineChoice(.buildkit)),
    ]) func anEngineWithItsRoot(text: String, wanted: EngineChoice) throws {
        #expect(try EngineChoice(parsing: text) == wanted)
    }

    @Test(arguments: ["", "=", "dock", "Docker", " docker", "docker ", "=/var/lib/docker", "nerdctl"])
    func whatIsNoEngineIsRefused(text: String) {
        #expect { try EngineChoice(parsing: text) } throws: { ($0 as? EngineChoice.ParseError)?.lacksRoot == false }
    }

    @Test func anEmptyRootIsRefused() {
        #expect { try EngineChoice(parsing: "docker=") } throws: { ($0 as? EngineChoice.ParseError)?.lacksRoot == true }
    }

    // MARK: Roots

    private func root(_ kind: EngineKind = .podman, _ settings: (inout EngineSettings) -> Void = { _ in }) -> String {
        var all = EngineSettings()
        all.containersStorageConf = "/dev/null/none"
        settings(&all)
        return EngineRoots(all).root(of: kind)
    }

    @Test(arguments: [
        ("[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/images\"\n", "/srv/images"),
        ("# graphroot = \"/no\"\n[storage]\n  graphroot='/srv/i'  # here\n", "/srv/i"),
        ("graphroot = \"/no\"\n[storage.options]\ngraphroot = \"/no\"\n", "/var/lib/containers/storage"),
        ("[storage]\r\ngraphroot=\"/srv/crlf\"\r\n", "/srv/crlf"),
        ("[storage]\ngraphroot = \"$HOME/c\"\n", "/home/me/c"),
        ("[storage]\ngraphroot = \"unended\n", "/var/lib/containers/storage"),
        ("[storage]\ngraphroot = 7\n", "/var/lib/containers/storage"),
        ("", "/var/lib/containers/storage"),
    ]) func podmansOwnSettingsSayWhereItsRootIs(text: String, wanted: String) throws {
        let folder = try TemporaryDirectory()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path("storage.conf")))
        #expect(
            root {
                $0.containersStorageConf = folder.path("storage.conf")
                $0.home = "/home/me"
            } == wanted)
    }

    @Test func anOrdinaryUserHasARootOfHisOwn() throws {
        let user: (inout EngineSettings) -> Void = {
            $0.userID = 1000
            $0.home = "/home/me"
        }
        #expect(root(.podman, user) == "/home/me/.local/share/containers/storage")
        #expect(
            root {
                user(&$0)
                $0.dataFolder = "/data"
            } == "/data/containers/storage")
        let folder = try TemporaryDirectory()
        try Data("[storage]\ngraphroot = \"/root/only\"\nrootless_storage_path = \"/srv/$UID\"\n".utf8)
            .write(to: URL(fileURLWithPath: folder.path("storage.conf")))
        #expect(
            root {
                user(&$0)
                $0.containersStorageConf = folder.path("storage.conf")
            } == "/srv/1000")
    }

    @Test func aDockerThatAnswersSaysItself() {
        var settings = EngineSettings()
        settings.dockerHost = "unix:///run/other.sock"
        let roots = EngineRoots(settings) { $0 == "/run/other.sock" ? "/srv/docker" : nil }
        #expect(roots.root(of: .docker) == "/srv/docker")
        settings.dockerHost = "tcp://far.example.com:2376"
        #expect(EngineRoots(settings) { _ in "/srv/docker" }.root(of: .docker) == "/var/lib/docker")
    }

    @Test func nobodyListensAtAFileThatIsNoSocket() throws {
        let folder = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: folder.path("file")))
        let probe = EngineProbe(userAgent: "test")
        #expect(probe.ask(.docker, at: folder.path("file")).isRunning != true)
        #expect(probe.ask(.docker, at: folder.path("absent")).isRunning == nil)
        #expect(probe.ask(.docker, at: String(repeating: "/long", count: 100)).isRunning == nil)
    }
}
