import Foundation
import OCISpec
import TestSupport
import Testing

/// Two versions of an image with a bit of everything that reports tell: packages, waste, duplicates, a rewritten layer.
enum ShopImages {
    private static func step(_ command: String, isEmpty: Bool = false) -> HistoryEntry {
        HistoryEntry(created: "2026-01-02T03:04:05Z", createdBy: command, emptyLayer: isEmpty)
    }

    private static let dpkg = """
        Package: curl
        Status: install ok installed
        Architecture: amd64
        Version: 7.88.1-10

        Package: libc6
        Status: install ok installed
        Architecture: amd64
        Version: 2.36-9

        """

    private static let base: [TarMember] = [
        .directory("etc"), .file("etc/os-release", size: 300, seed: 1), .directory("usr/bin"), .directory("usr/lib"),
        .symlink("lib", to: "usr/lib"), .file("usr/bin/curl", size: 250_000, seed: 2, mode: 0o755),
        .file("usr/lib/libc.so.6", size: 1_900_000, seed: 3), .file("var/lib/dpkg/status", text: dpkg),
        .file("var/lib/dpkg/info/curl.list", text: "/.\n/usr\n/usr/bin\n/usr/bin/curl\n"),
        .file("var/lib/dpkg/info/libc6:amd64.list", text: "/.\n/lib\n/lib/libc.so.6\n"),
        .file("var/lib/apt/lists/index", size: 700_000, seed: 4), .file("bad\u{1B}name|`x`<b>", text: "odd"),
    ]

    private static let app: [TarMember] = [
        .file("srv/shop/app.jar", size: 2_500_000, seed: 5), .file("srv/shop/copy.jar", size: 40_000, seed: 6),
        .file("srv/shop/again.jar", size: 40_000, seed: 6),
        .file(
            "srv/venv/lib/python3.11/site-packages/attrs-23.1.0.dist-info/METADATA", text: "Name: attrs\nVersion: 23.1.0\n\n"),
        .file(
            "srv/venv/lib/python3.11/site-packages/attrs-23.1.0.dist-info/RECORD",
            text: "attr/__init__.py,sha256=x,10\nattrs-23.1.0.dist-info/METADATA,,\n"),
        .file("srv/venv/lib/python3.11/site-packages/attr/__init__.py", size: 2000, seed: 7),
    ]

    private static let newApp: [TarMember] = [
        .file("srv/shop/app.jar", size: 2_600_000, seed: 15), .file("srv/shop/copy.jar", size: 40_000, seed: 6, mode: 0o755),
        .file("srv/shop/extra.bin", size: 900_000, seed: 8),
        .file(
            "srv/venv/lib/python3.11/site-packages/attrs-24.2.0.dist-info/METADATA", text: "Name: attrs\nVersion: 24.2.0\n\n"),
        .file(
            "srv/venv/lib/python3.11/site-packages/attrs-24.2.0.dist-info/RECORD",
            text: "attr/__init__.py,sha256=y,10\nattr/new.py,,\n"),
        .file("srv/venv/lib/python3.11/site-packages/attr/__init__.py", size: 2200, seed: 9),
        .file("srv/venv/lib/python3.11/site-packages/attr/new.py", size: 1200, seed: 10),
    ]

    private static func image(_ tag: String, _ layers: [[TarMember]], _ steps: [HistoryEntry], env: [String]) throws
        -> ImageBuilder
    {
        var image = ImageBuilder(layers.map { BuiltLayer($0) }, named: "localhost/shop:\(tag)")
        var config = ContainerConfig()
        config.env = env
        config.cmd = ["java", "-jar", "/srv/shop/app.jar"]
        image.configOverride = try encodeDocument(
            ImageConfig(
                platform: image.platform, rootfs: RootFS(diffIDs: image.layers.map(\.diffID)), created: "2026-01-02T03:04:05Z",
                config: config, history: steps))
        return image
    }

    static func first() throws -> ImageBuilder {
        try image(
            "1", [base, [.whiteout("var/lib/apt/lists")], app],
            [
                step("/bin/sh -c #(nop) ADD rootfs.tar in / "), step("/bin/sh -c rm -rf /var/lib/apt/lists"),
                step("COPY build/ /srv # buildkit"), step("ENV MODE=test", isEmpty: true),
            ], env: ["PATH=/usr/bin", "MODE=test"])
    }

    static func second() throws -> ImageBuilder {
        try image(
            "2", [base, [.whiteout("var/lib/apt/lists")], newApp, newApp.map { member in member.with { $0.uid = 1000 } }],
            [
                step("/bin/sh -c #(nop) ADD rootfs.tar in / "), step("/bin/sh -c rm -rf /var/lib/apt/lists"),
                step("COPY build/ /srv # buildkit"), step("RUN /bin/sh -c chown -R 1000 /srv # buildkit"),
                step("ENV MODE=live", isEmpty: true),
            ], env: ["PATH=/usr/bin", "MODE=live"])
    }

    /// A bench whose store has both.
    static func bench() throws -> Workbench {
        let bench = try Workbench()
        let archive = try bench.file("shop.tar", ImageBuilder.dockerArchive([first(), second()]).tar)
        try bench.succeed("load", "-q", "-i", archive)
        return bench
    }

    /// A budget that some rules hold and some do not, with allowances of every kind.
    static let budget = """
        version: 1
        max-size: 5MB
        max-visible: 50MB
        max-layers: 3
        max-layer: 3MB
        max-wasted: 10%
        min-efficiency: 80%
        max-growth: 20%
        paths:
          - { match: "/srv/**/*.jar", max: 2MB }
          - { match: "/var/lib/apt/lists", forbid: true }
        packages:
          - { match: "pip:attrs", max: 1kB }
          - { match: "deb:telnet", forbid: true }
        allow:
          - { rule: max-wasted, match: "/srv/**", reason: "chown until the base sets the user", expires: 9999-12-31 }
          - { rule: max-layer, match: "COPY *", reason: "the old jar", expires: 2020-02-29 }
          - { rule: path, match: "/nowhere", reason: "moved", expires: never }

        """
}
