import Foundation
import TestSupport
import Testing

/// Images of a Docker whose root may not be read, by its socket alone.
@Suite(.needs("/usr/sbin/dockerd", "/usr/bin/docker", "setpriv"), .needsRoot) struct SocketSourceTests {
    private static let stranger = "setpriv --reuid 61234 --regid 61234 --clear-groups"

    /// The program as a user who may use the socket, and not read the root.
    private func asStranger(_ docker: LiveDocker, _ folder: TemporaryDirectory, _ words: String) throws -> Program.Outcome {
        var shell = Program.shell
        shell.environment = ["DOCKER_HOST": "unix://\(docker.folder)/sock", "HOME": folder.path]
        return try shell.run([
            "-c",
            "cd '\(folder.path)'; chmod 755 '\(docker.folder)'; chmod 666 '\(docker.folder)/sock'; chown 61234 .; cp \"$1\" strata; "
                + "exec \(Self.stranger) '\(folder.path)/strata' --store '\(folder.path)/s' \(words)", "sh", Program.strata.path,
        ])
    }

    private func document(_ outcome: Program.Outcome) throws -> [String: Any] {
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func figuresAreTheSameAsInPlace() throws {
        let docker = try LiveDocker()
        try Data(try busyboxTar()).write(to: URL(fileURLWithPath: docker.folder + "/bb.tar"))
        try docker("import", docker.folder + "/bb.tar", "team/bb:1")
        let folder = try TemporaryDirectory()
        let asked = try document(asStranger(docker, folder, "analyze docker-daemon:team/bb:1 --format json"))
        var root = Program.strata
        root.environment = ["STRATA_STORE": folder.path("own"), "DOCKER_HOST": "unix://\(docker.folder)/sock"]
        let inPlace = try document(root.run(["analyze", "docker-daemon:team/bb:1", "--format", "json"]))
        for key in ["totals", "layers", "waste"] {
            #expect(NSDictionary(dictionary: ["": asked[key] ?? 0]).isEqual(to: ["": inPlace[key] ?? 1]), "\(key)")
        }
        // Kept, it is the same image.
        let outcome = try asStranger(docker, folder, "scan -q docker-daemon:team/bb:1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let id = try docker("images", "-q", "--no-trunc", "team/bb:1")[0]
        #expect(try asStranger(docker, folder, "images -q --no-trunc").output == id + "\n")
        let engines = try document(asStranger(docker, folder, "engines --format json"))["engines"] as? [[String: Any]]
        #expect(engines?.first { $0["engine"] as? String == "docker" }?["access"] as? String == "api")
    }

    @Test func whatTheEngineLacksIsTold() throws {
        let docker = try LiveDocker()
        let folder = try TemporaryDirectory()
        let absent = try asStranger(docker, folder, "analyze docker-daemon:absent:1")
        #expect(absent.status == 3 && absent.errors.contains("absent:1"), "\(absent.errors)")
        // Who names a root means that one.
        let named = try asStranger(docker, folder, "analyze 'docker-daemon:[\(docker.root)]absent:1'")
        #expect(named.status == 3 && named.errors.contains("Permission denied"), "\(named.errors)")
    }

    /// What keeps an image is known from the root alone, so a prune of one that may not be read removes nothing, and says who can.
    @Test func aRootThatMayNotBeReadIsNotPruned() throws {
        let docker = try LiveDocker()
        try Data(try busyboxTar()).write(to: URL(fileURLWithPath: docker.folder + "/bb.tar"))
        try docker("import", docker.folder + "/bb.tar", "team/bb:1")
        let folder = try TemporaryDirectory()
        let plan = docker.folder + "/plan.json"
        var root = Program.strata
        root.environment = ["STRATA_STORE": folder.path("own"), "DOCKER_HOST": "unix://\(docker.folder)/sock"]
        #expect(try root.run(["plan", "-a", "-o", plan, "--engine", "docker"]).status == 0)
        chmod(plan, 0o644)
        for words in ["plan -a --engine docker", "image prune -a -f --engine docker", "apply \(plan)"] {
            let outcome = try asStranger(docker, folder, words)
            #expect(outcome.status == 3 && outcome.output.isEmpty, "\(words): \(outcome.output)")
            #expect(outcome.errors.contains("\(docker.root) of Docker may not be read by this user"), "\(outcome.errors)")
            #expect(outcome.errors.contains("hint: run the command as root"), "\(outcome.errors)")
        }
        #expect(try docker("images", "-q").count == 1)
    }
}
