import Foundation
import Glibc
import TestSupport
import Testing

/// An ordinary user's podman, whose storage has files of his subordinate IDs.
@Suite(.serialized, .needs("/usr/bin/podman", "newuidmap", "setpriv", "unshare"), .needsRoot) final class RootlessPruneTests {
    private let folder = "/tmp/strata-r-\(UUID().uuidString.prefix(8))"
    private var root: String { folder + "/root" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder + "/.config/containers", withIntermediateDirectories: true)
        let settings = """
            [storage]
            driver = "overlay"
            rootless_storage_path = "\(root)"
            runroot = "\(folder)/run/c"
            """
        try write(settings, "storage.conf")
        try write("nobody:100000:65536\n", "ranges")
        try write(#"{"default":[{"type":"insecureAcceptAnything"}]}"#, ".config/containers/policy.json")
        let shown = try Program.shell.run([
            "-c",
            "mkdir -p \"$1/run\" && chown -R 65534:65534 \"$1\" && chmod 700 \"$1/run\" && cd / && exec setpriv --reuid=65534 --regid=65534 "
                + "--clear-groups \"$2\" --version", "sh", folder, Program.strata.path,
        ])
        try Skip.unless(shown.status == 0, "another user cannot run \(Program.strata.path)")
        let podman = try asUser("podman info")
        try Skip.unless(podman.status == 0, "podman does not run without root here: \(podman.errors.suffix(300))")
    }

    deinit {
        // What keeps the namespace of podman's containers outlives it.
        let pause = try? String(contentsOfFile: folder + "/run/libpod/tmp/pause.pid", encoding: .utf8)
        if let pid = pause.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) { kill(pid, SIGKILL) }
        for line in ((try? Program("cat").run(["/proc/self/mounts"]))?.lines ?? []).reversed() {
            let parts = line.split(separator: " ")
            if parts.count > 1, parts[1].hasPrefix(folder) { umount2(String(parts[1]), 2) }
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Runs a script as the user `nobody`; `s` is the program.
    private func asUser(_ script: String) throws -> Program.Outcome {
        try Program.shell.run([
            "-c",
            """
            exec unshare -m sh -c 'mount --bind "$1/ranges" /etc/subuid && mount --bind "$1/ranges" /etc/subgid && cd "$1" &&
            exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$1" \\
            XDG_RUNTIME_DIR="$1/run" CONTAINERS_STORAGE_CONF="$1/storage.conf" sh -c "s() { \\"$2\\" \\"\\$@\\"; }; $3"' \\
            sh "$1" "$2" "$3"
            """, "sh", folder, Program.strata.path, script,
        ])
    }

    private func document(_ script: String) throws -> [String: Any] {
        let outcome = try asUser(script + " --format json")
        try #require(outcome.status == 0, "\(script): \(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// Loads images of which each has files that nobody but their owner may see.
    private func load(_ names: [String]) throws {
        let images = names.enumerated().map { number, name in
            ImageBuilder(
                [
                    BuiltLayer([
                        TarMember.directory("closed-\(number)", mode: 0o700).with { $0.uid = 70 },
                        TarMember.file("closed-\(number)/f", size: 30_000, seed: UInt64(number + 1)).with { $0.uid = 80 },
                    ])
                ], named: "localhost/\(name):1")
        }
        try Data(try ImageBuilder.dockerArchive(images).tar).write(to: URL(fileURLWithPath: folder + "/load.tar"))
        let loaded = try asUser("podman load -q -i load.tar")
        try #require(loaded.status == 0, "\(loaded.errors)")
    }

    private func requireRemoved(_ outcome: [String: Any], _ names: [String], since before: Int64) throws {
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(items)")
        #expect(Set(items.compactMap { $0["name"] as? String }) == Set(names))
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(freed == (outcome["predictedBytes"] as? NSNumber)?.int64Value && freed > 30_000)
        let others = try #require(outcome["othersFreedBytes"] as? NSNumber).int64Value
        #expect(try before - du(root) == freed + others)
    }

    @Test func planApplyAndPrune() throws {
        try load(["one", "two", "three", "used"])
        #expect(try asUser("podman create --network none --name keeper localhost/used:1 /f").status == 0)
        let before = try du(root)
        #expect(try document("s df --engine podman")["totalBytes"] as? NSNumber == NSNumber(value: before))
        let plan = try document("s plan -a --engine podman --filter ref=localhost/one")
        let id = try #require(plan["id"] as? String)
        // The words of this command do not say that it is about podman.
        try requireRemoved(try document("s apply \(id)"), ["localhost/one:1"], since: before)
        let middle = try du(root)
        try requireRemoved(
            try document("s image prune -a -f --engine podman"), ["localhost/two:1", "localhost/three:1"], since: middle)
        #expect(try asUser("podman images --format '{{.Repository}}'").output == "localhost/used\n")
        let containers = try document("s container prune -f --engine podman")
        #expect((containers["items"] as? [[String: Any]])?.compactMap { $0["status"] as? String } == ["removed"])
        #expect(try asUser("podman ps -aq").output.isEmpty)
        // What is removed by somebody who is not there is told, and by whom it could be.
        let other = try asUser("CONTAINERS_STORAGE_CONF=/dev/null s image prune -a -f --engine podman=\(root)")
        #expect(other.status == 3 && other.errors.contains("nothing was removed"), "\(other.errors)")
    }
}
