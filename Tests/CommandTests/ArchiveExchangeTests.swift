import Foundation
import OCISpec
import TestSupport
import Testing

/// Archives go to other programs and come back: config and diff IDs stay what they were.
final class ArchiveExchangeTests {
    /// podman takes no longer path than 50 bytes for what it keeps while it runs.
    private let runFolder = "/tmp/strata-\(UUID().uuidString.prefix(13))"

    deinit { try? FileManager.default.removeItem(atPath: runFolder) }

    private static let name = "localhost/x/plain:1"
    private static let short = "docker.io/library/plain:2"
    private static let forms = ["docker-archive", "oci-archive", "oci"]

    /// What is the same image everywhere: the config's digest, and the diff IDs in it.
    private struct Identity: Equatable {
        var imageID: String
        var diffIDs: [String]
    }

    /// A store with one image of two layers, one of them compressed, under a full and a short name.
    private func bench() throws -> (bench: Workbench, identity: Identity) {
        let bench = try Workbench()
        let tar = Tar([.directory("etc"), .file("etc/a", size: 30_000, seed: 1), .symlink("b", to: "etc/a")]).bytes
        let second = BuiltLayer([.file("c", text: "c"), .whiteout("b")])
        let first = BuiltLayer(
            tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        let image = ImageBuilder([first, second], named: Self.name, Self.short)
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        let identity = Identity(imageID: sha256(try image.config()).description, diffIDs: image.layers.map(\.diffID.description))
        #expect(try self.identity(bench, Self.name) == identity)
        return (bench, identity)
    }

    private func identity(_ bench: Workbench, _ name: String) throws -> Identity {
        let parsed = try JSONSerialization.jsonObject(with: Data(bench.succeed("inspect", name).utf8))
        let image = try #require((parsed as? [[String: Any]])?.first)
        let root = image["RootFS"] as? [String: Any]
        return Identity(imageID: image["Id"] as? String ?? "", diffIDs: root?["Layers"] as? [String] ?? [])
    }

    private func save(_ bench: Workbench, _ form: String, _ names: String...) throws -> String {
        let path = bench.folder.path("saved-\(form)")
        #expect(try bench.program.run(["save", "--type", form, "-o", path] + names).status == 0)
        return path
    }

    private func run(_ bench: Workbench, _ command: String, _ arguments: String...) throws -> String {
        var shell = Program.shell
        shell.environment = ["HOME": bench.folder.path, "D": bench.folder.path, "R": runFolder, "TMPDIR": bench.folder.path]
        let outcome = try shell.run(["-c", command, "sh"] + arguments)
        #expect(outcome.status == 0, "\(command) \(arguments): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A store into which the archive was loaded.
    private func loaded(_ path: String, as name: String) throws -> Workbench {
        let bench = try Workbench()
        #expect(try bench.succeed("load", "-i", path).contains("Loaded image: \(name)\n"))
        #expect(bench.problems == [])
        return bench
    }

    private func expectComesBack(_ path: String, as name: String, _ identity: Identity) throws {
        #expect(try self.identity(loaded(path, as: name), name) == identity)
    }

    // MARK: skopeo

    @Test(.needs("skopeo"), arguments: forms, [name, short]) func skopeoReadsAndWritesEveryForm(form: String, name: String) throws
    {
        let (bench, identity) = try bench()
        let path = try save(bench, form, name)
        let config = try run(bench, "skopeo inspect --config --raw \"$1:$2:$3\" | sha256sum | cut -d' ' -f1", form, path, name)
        #expect("sha256:\(config)" == identity.imageID)
        for other in Self.forms {
            let copy = bench.folder.path("copy-\(other)")
            _ = try run(
                bench, "skopeo copy -q --insecure-policy \"$1:$2:$3\" \"$4:$5:localhost/back:1\"", form, path, name, other, copy)
            let back = try self.identity(loaded(copy, as: "localhost/back:1"), "localhost/back:1")
            #expect(back.diffIDs == identity.diffIDs)
            // Between docker's archive and OCI skopeo writes a config of its own.
            if (form == "docker-archive") == (other == "docker-archive") { #expect(back.imageID == identity.imageID) }
        }
    }

    @Test(.needs("skopeo")) func skopeoReadsAHybridAsALayoutToo() throws {
        let (bench, identity) = try bench()
        let path = try save(bench, "docker-archive", Self.name)
        let config = try run(bench, "skopeo inspect --config --raw \"oci-archive:$1\" | sha256sum | cut -d' ' -f1", path)
        #expect("sha256:\(config)" == identity.imageID)
    }

    // MARK: umoci

    @Test(.needs("umoci")) func umociUnpacksWhatIsSavedAndItsTagComesBack() throws {
        let (bench, identity) = try bench()
        let path = try save(bench, "oci", Self.name)
        _ = try run(
            bench, "umoci unpack --rootless --image \"$1:$2\" \"$D/bundle\" && test -f \"$D/bundle/rootfs/c\"", path, Self.name)
        _ = try run(bench, "umoci tag --image \"$1:$2\" localhost/umoci:1", path, Self.name)
        try expectComesBack(path, as: "localhost/umoci:1", identity)
    }

    // MARK: podman and buildah, where they can keep images at all

    private static let podman = "podman --root \"$D/pr\" --runroot \"$R/p\" --storage-driver vfs"
    private static let buildah = "buildah --root \"$D/br\" --runroot \"$R/b\" --storage-driver vfs"

    private func requireRunning(_ command: String) throws {
        let bench = try Workbench()
        var shell = Program.shell
        shell.environment = ["HOME": bench.folder.path, "D": bench.folder.path, "R": runFolder]
        let listed = try shell.run(["-c", command + " images"])
        try Skip.unless(listed.status == 0, "no images can be kept here: \(listed.errors.suffix(300))")
    }

    @Test(.needs("podman"), arguments: ["docker-archive", "oci-archive"]) func podmanLoadsWhatIsSaved(form: String) throws {
        try requireRunning(Self.podman)
        let (bench, identity) = try bench()
        let path = try save(bench, form, Self.name)
        _ = try run(bench, "\(Self.podman) load -q -i \"$1\"", path)
        let found = try run(
            bench, "\(Self.podman) image inspect --format '{{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}' \"$1\"", Self.name)
        #expect("sha256:\(found)" == ([identity.imageID] + identity.diffIDs).joined(separator: " "))
    }

    @Test(.needs("podman")) func podmanLoadsSeveralImagesOfOneArchive() throws {
        try requireRunning(Self.podman)
        let (bench, _) = try bench()
        try bench.succeed("load", "-i", "fixtures/small-hybrid.tar")
        let path = try save(bench, "docker-archive", Self.name, Self.short, "localhost/strata/small:1")
        _ = try run(bench, "\(Self.podman) load -q -i \"$1\"", path)
        let names = try run(bench, "\(Self.podman) images --format '{{.Repository}}:{{.Tag}}' | sort")
        #expect(names.split(separator: "\n").map(String.init) == [Self.short, "localhost/strata/small:1", Self.name])
    }

    @Test(.needs("podman"), arguments: ["docker-archive", "oci-archive", "oci-dir"]) func whatPodmanSavesIsLoaded(form: String)
        throws
    {
        try requireRunning(Self.podman)
        let (bench, identity) = try bench()
        let path = try save(bench, "docker-archive", Self.name)
        _ = try run(
            bench, "\(Self.podman) load -q -i \"$1\" && \(Self.podman) save -q --format \"$2\" -o \"$D/back\" \"$3\"", path, form,
            Self.name)
        try expectComesBack(bench.folder.path("back"), as: Self.name, identity)
    }

    @Test(.needs("buildah"), arguments: ["docker-archive", "oci-archive", "oci"])
    func buildahPullsWhatIsSavedAndPushesItBack(form: String) throws {
        try requireRunning(Self.buildah)
        let (bench, identity) = try bench()
        let path = try save(bench, form, Self.name)
        // buildah makes a name of a folder's path, which must look like one.
        let file = String(path.split(separator: "/").last ?? "")
        let found = try run(bench, "cd \"$D\" && \(Self.buildah) pull -q \"$1:$2:$3\"", form, file, Self.name)
        #expect("sha256:\(found)" == identity.imageID)
        _ = try run(bench, "\(Self.buildah) push -q \"$1\" \"$2:$D/back:localhost/back:1\"", found, form)
        try expectComesBack(bench.folder.path("back"), as: "localhost/back:1", identity)
    }
}
