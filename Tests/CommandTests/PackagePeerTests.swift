import Foundation
import TestSupport
import Testing

/// Packages of real trees, by the word of the managers that made them.
@Suite struct PackagePeerTests {
    /// The inventory of an image, and the image's visible bytes.
    private func inventory(_ bench: Workbench, _ source: String) throws -> (lines: [String: String], sum: Int, visible: Int) {
        let document = try bench.document("analyze", source, "--packages")
        let inventory = try #require(document["packageInventory"] as? [String: Any])
        #expect((inventory["problems"] as? [Any])?.isEmpty == true)
        let packages = try #require(inventory["packages"] as? [[String: Any]])
        let sum = packages.reduce(try #require(inventory["unownedBytes"] as? Int)) { $0 + ($1["bytes"] as? Int ?? 0) }
        let visible = try #require((document["totals"] as? [String: Any])?["visibleBytes"] as? Int)
        var lines: [String: String] = [:]
        for package in packages {
            lines["\(package["manager"] ?? "") \(package["name"] ?? "")"] = package["version"] as? String
        }
        #expect(lines.count == packages.count, "two packages of one name")
        return (lines, sum, visible)
    }

    /// A Debian root, made by debootstrap where it runs; else by what this machine's own dpkg says.
    @Test(.needs("debootstrap", "dpkg-query"), .needsRoot) func aDebianRootHasWhatDpkgLists() throws {
        let bench = try Workbench()
        let root = bench.folder.path("root")
        let made = try Program("debootstrap").run(
            ["--variant=minbase", "--foreign", "--include=ca-certificates", "bookworm", root], timeLimit: 600)
        try Skip.unless(made.status == 0, "debootstrap cannot reach an archive: \(made.output.suffix(200))")
        // The first stage has only fetched the packages: unpacking them needs no chroot.
        let script = """
            set -e
            cd "$1"
            mkdir -p var/lib/dpkg/info var/lib/dpkg/updates; touch var/lib/dpkg/status
            dpkg --root="$1" --force-all --unpack var/cache/apt/archives/*.deb > /dev/null 2>&1
            dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Package} ${Version}\\n' > "$2"
            tar -cf "$3" .
            """
        let (list, tar) = (bench.folder.path("list"), bench.folder.path("root.tar"))
        let packed = try Program.shell.run(["-c", script, "sh", root, list, tar], timeLimit: 600)
        try Skip.unless(packed.status == 0, "dpkg cannot unpack here: \(packed.errors.suffix(300))")
        let found = try inventory(bench, "tarball:\(tar)")
        var expected: [String: String] = [:]
        for line in try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            expected["deb \(words[0])"] = words[1]
        }
        #expect(expected.count > 60)
        #expect(found.lines.filter { $0.key.hasPrefix("deb ") } == expected)
        #expect(found.sum == found.visible)
    }

    @Test(.needs("python3")) func aVirtualEnvironmentHasWhatPipLists() throws {
        let bench = try Workbench()
        let root = bench.folder.path("root")
        // A wheel of the test's own, with a name and a file that need quoting, installed by pip without a network.
        let script = """
            set -e
            mkdir -p "$1/srv" "$1/wheel/probe_pkg" "$1/wheel/probe_pkg-1.5.dist-info"
            /usr/bin/python3 -m venv "$1/srv/venv"
            cd "$1/wheel"
            echo 'x = 1' > probe_pkg/__init__.py; echo y > 'probe_pkg/a,"b".txt'
            printf 'Metadata-Version: 2.1\\nName: Probe.Pkg\\nVersion: 1.5\\n' > probe_pkg-1.5.dist-info/METADATA
            printf 'Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' > probe_pkg-1.5.dist-info/WHEEL
            printf 'probe_pkg/__init__.py,,\\n"probe_pkg/a,""b"".txt",,\\nprobe_pkg-1.5.dist-info/METADATA,,\\nprobe_pkg-1.5.dist-info/WHEEL,,\\nprobe_pkg-1.5.dist-info/RECORD,,\\n' \
                > probe_pkg-1.5.dist-info/RECORD
            python3 -c 'import shutil; shutil.make_archive("../probe", "zip", ".")'
            mv ../probe.zip ../probe_pkg-1.5-py3-none-any.whl; cd ..; rm -r wheel
            srv/venv/bin/pip install --no-index --no-deps ./probe_pkg-1.5-py3-none-any.whl > /dev/null
            srv/venv/bin/pip list --format json --disable-pip-version-check > "$2"
            rm probe_pkg-1.5-py3-none-any.whl
            tar -cf "$3" .
            """
        let (list, tar) = (bench.folder.path("list"), bench.folder.path("venv.tar"))
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let made = try Program.shell.run(["-c", script, "sh", root, list, tar], timeLimit: 300)
        try Skip.unless(made.status == 0, "there is no virtual environment here: \(made.errors.suffix(300))")
        let found = try inventory(bench, "tarball:\(tar)")
        let data = try Data(contentsOf: URL(fileURLWithPath: list))
        let listed = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: String]])
        var expected: [String: String] = [:]
        for package in listed { expected["pip \(package["name"] ?? "")"] = package["version"] }
        #expect(expected["pip Probe.Pkg"] == "1.5")
        // pip brings libraries of its own within its folder, which it does not list and which are part of it.
        #expect(found.lines == expected)
        #expect(found.sum == found.visible)
        // Nothing of the environment but its own few files is nobody's.
        let document = try bench.document("analyze", "tarball:\(tar)", "--packages")
        let unowned = try #require((document["packageInventory"] as? [String: Any])?["unownedBytes"] as? Int)
        #expect(unowned < 200_000, "\(unowned)")
    }
}
