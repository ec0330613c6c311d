import Foundation
import TestSupport
import Testing

/// The Dockerfile that every course on containers has: a web server, installed by the base's own package manager.
struct CourseBuildTests {
    private static let name = "localhost/web:1"

    @Test(.needs("debootstrap", "crun"), .needsRoot)
    func aWebServerIsInstalledFromInsideTheBuild() throws {
        let bench = try Workbench()
        try importDebian(bench)
        let text = """
            FROM debian
            MAINTAINER student <student@course.test>
            COPY motd /etc/motd
            RUN apt-get update && apt-get install -y --no-install-recommends nginx
            EXPOSE 80
            ENV WWW=/var/www/html
            CMD ["nginx", "-g", "daemon off;"]

            """
        let context = bench.folder.path("context")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
        try Data("welcome\n".utf8).write(to: URL(fileURLWithPath: "\(context)/motd"))
        let built = try bench.program.run(["build", "--progress", "plain", "-t", Self.name, context], timeLimit: 600)
        try #require(built.status == 0, "\(built.errors.suffix(2000))")
        #expect(built.errors.contains(" Setting up nginx "))

        #expect(try paths(bench, layer: 1).filter { $0.hasPrefix("/etc/") } == ["/etc/motd"])
        let installed = Set(try paths(bench, layer: 2))
        #expect(installed.isSuperset(of: ["/usr/sbin/nginx", "/var/lib/dpkg/status", "/etc/nginx/nginx.conf"]))
        #expect(
            installed.isDisjoint(with: ["/etc/resolv.conf", "/etc/hosts", "/proc", "/dev/null"]), "what only the build mounts")
        let inventory = try #require(try bench.document("analyze", Self.name, "--packages")["packageInventory"] as? [String: Any])
        let packages = try #require(inventory["packages"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        #expect(packages.contains("nginx") && packages.contains("apt"))
        try expectConfig(bench)
        #expect(bench.ingestNames == [] && bench.problems == [])

        let again = try bench.program.run(["build", "--progress", "plain", "-t", Self.name, context])
        #expect(again.errors.components(separatedBy: "CACHED").count == 3, "\(again.errors)")
    }

    /// The config, by strata's word and by another tool's.
    private func expectConfig(_ bench: Workbench) throws {
        let images =
            try JSONSerialization.jsonObject(with: Data(try bench.succeed("inspect", Self.name).utf8)) as? [[String: Any]]
        let image = try #require(images?.first)
        let config = try #require(image["Config"] as? [String: Any])
        #expect(image["Author"] as? String == "student <student@course.test>")
        #expect(config["Cmd"] as? [String] == ["nginx", "-g", "daemon off;"])
        #expect((config["Env"] as? [String])?.contains("WWW=/var/www/html") == true)
        #expect((config["ExposedPorts"] as? [String: Any])?.keys.sorted() == ["80/tcp"])
        try Skip.unless(installed: "skopeo")
        let seen = try bench.shell("skopeo inspect --config \"oci:$STRATA_STORE:$1\"", Self.name)
        let document = try object(seen.output)
        let theirs = try #require(document["config"] as? [String: Any], "\(seen.errors)")
        #expect(document["author"] as? String == "student <student@course.test>")
        #expect(theirs["Cmd"] as? [String] == ["nginx", "-g", "daemon off;"])
        #expect((theirs["ExposedPorts"] as? [String: Any])?.keys.sorted() == ["80/tcp"])
        let manifest = try object(try bench.shell("skopeo inspect \"oci:$STRATA_STORE:$1\"", Self.name).output)
        #expect((manifest["Layers"] as? [String])?.count == 3)
    }

    /// The paths that the layer of this number stores.
    private func paths(_ bench: Workbench, layer: Int) throws -> [String] {
        let document = try bench.document("files", Self.name, "--layer", "\(layer)")
        let entries = try #require(document["entries"] as? [[String: Any]])
        return entries.compactMap { ($0["path"] as? String).map { $0.hasPrefix("/") ? $0 : "/\($0)" } }
    }

    /// A Debian root as the image `debian`, by whatever mirror this machine uses.
    private func importDebian(_ bench: Workbench) throws {
        let script = """
            set -e
            . /etc/os-release
            mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
                awk -v name="$VERSION_CODENAME" '$1 == name { print $2; exit }')
            test -n "$mirror"
            debootstrap --variant=minbase "$VERSION_CODENAME" "$1/root" "$mirror"
            echo "deb $mirror $VERSION_CODENAME main" > "$1/root/etc/apt/sources.list"
            apt-config dump | grep -E '^Acquire::https?::' > "$1/root/etc/apt/apt.conf.d/99course" || true
            rm -f "$1"/root/var/cache/apt/archives/*.deb
            tar -C "$1/root" -cf "$1/root.tar" .
            rm -rf "$1/root"
            """
        let made = try Program.shell.run(["-c", script, "sh", bench.folder.path], timeLimit: 600)
        try Skip.unless(
            made.status == 0, "debootstrap makes no root here: \(made.output.suffix(200)) \(made.errors.suffix(200))")
        try bench.succeed("import", bench.folder.path("root.tar"), "debian")
    }
}
