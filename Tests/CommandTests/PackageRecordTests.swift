import Foundation
import OCISpec
import TestSupport
import Testing

/// Records are found by what the tree shows at their paths, whatever their files are called, and wherever an image comes from.
@Suite struct PackageRecordTests {
    private static let a: [TarMember] = [
        .file("var/lib/dpkg/info/a.list", text: "/.\n/usr/bin/a\n"), .file("usr/bin/a", size: 1000),
    ]
    private static let status = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n\n"
    private static let left = #"{"name":"left","version":"1.0.0"}"#

    /// Layers, and the packages they hold: manager, name and bytes.
    struct Row: Sendable, CustomStringConvertible {
        var name: String
        var layers: [[TarMember]]
        var packages: [String]
        var description: String { name }
    }

    private static let rows = [
        Row(
            name: "a hard link to a file stored before",
            layers: [[.file("objects/aa", text: status), .hardLink("var/lib/dpkg/status", to: "objects/aa")] + a],
            packages: ["deb a 1000"]),
        Row(
            name: "a hard link to a file stored later",
            layers: [[.hardLink("var/lib/dpkg/status", to: "objects/aa"), .file("objects/aa", text: status)] + a],
            packages: ["deb a 1000"]),
        Row(
            name: "a hard link to a file of a lower layer",
            layers: [[.file("objects/aa", text: status)] + a, [.hardLink("var/lib/dpkg/status", to: "objects/aa")]],
            packages: ["deb a 1000"]),
        Row(
            name: "a list that is a hard link",
            layers: [
                [
                    .file("var/lib/dpkg/status", text: status), .file("o/1", text: "/usr/bin/a\n"),
                    .hardLink("var/lib/dpkg/info/a.list", to: "o/1"), .file("usr/bin/a", size: 1000),
                ]
            ], packages: ["deb a 1000"]),
        Row(
            name: "a folder that is a symlink",
            layers: [
                [
                    .symlink("var/lib/dpkg", to: "../../usr/lib/db"), .file("usr/lib/db/status", text: status),
                    .file("usr/lib/db/info/a.list", text: "/usr/bin/a\n"), .file("usr/bin/a", size: 1000),
                ]
            ], packages: ["deb a 1000"]),
        Row(
            name: "a file that is a symlink",
            layers: [[.symlink("var/lib/dpkg/status", to: "/opt/any"), .file("opt/any", text: status)] + a],
            packages: ["deb a 1000"]),
        Row(
            name: "a file that was renamed by a later symlink",
            layers: [[.file("x/status", text: status)] + a, [.symlink("var/lib/dpkg/status", to: "../../../x/status")]],
            packages: ["deb a 1000"]),
        Row(
            name: "apk's folder under either name, once",
            layers: [
                [
                    .symlink("lib", to: "usr/lib"), .file("usr/lib/apk/db/installed", text: "P:m\nV:1\nF:usr/bin\nR:a\n\n"),
                    .file("usr/bin/a", size: 1000),
                ]
            ], packages: ["apk m 1000"]),
        Row(
            name: "a package of Node's linked from a store",
            layers: [
                [
                    .file("root/store/00", text: left), .hardLink("srv/node_modules/left/package.json", to: "root/store/00"),
                    .file("srv/node_modules/left/i.js", size: 1000),
                ]
            ], packages: ["npm left 1033"]),
        Row(
            name: "modules that are a symlink, and a package that is one",
            layers: [
                [
                    .symlink("srv/node_modules", to: "/opt/m"), .file("opt/m/left/package.json", text: left),
                    .file("opt/m/left/i.js", size: 1000),
                    .file("opt/right/package.json", text: #"{"name":"right","version":"1"}"#),
                    .symlink("opt/m/right", to: "../right"),
                ]
            ], packages: ["npm left 1033", "npm right 30"]),
        Row(
            name: "one package under two names, once",
            layers: [
                [
                    .file("node_modules/.s/left@1/node_modules/left/package.json", text: left),
                    .symlink("node_modules/left", to: ".s/left@1/node_modules/left"),
                ]
            ], packages: ["npm left 33"]),
        Row(
            name: "packages within packages are their own",
            layers: [
                [
                    .file("node_modules/left/package.json", text: left), .file("node_modules/left/i.js", size: 1000),
                    .file("node_modules/left/node_modules/x/package.json", text: #"{"name":"x","version":"1"}"#),
                    .file("node_modules/left/node_modules/x/i.js", size: 500),
                ]
            ], packages: ["npm left 1033", "npm x 526"]),
        Row(
            name: "a distribution of Python's linked from a store",
            layers: [
                [
                    .file("store/m", text: "Name: p\nVersion: 1\n"), .file("store/r", text: "p/a.py,,\n../../bin/p,,\n"),
                    .hardLink("opt/lib/site/p-1.dist-info/METADATA", to: "store/m"),
                    .symlink("opt/lib/site/p-1.dist-info/RECORD", to: "/store/r"), .file("opt/lib/site/p/a.py", size: 1000),
                    .file("opt/bin/p", size: 10),
                ]
            ], packages: ["pip p 1010"]),
        Row(
            name: "a root within the root is another's",
            layers: [
                [.file("srv/root/var/lib/dpkg/status", text: status), .file("srv/root/lib/apk/db/installed", text: "P:a\n\n")] + a
            ],
            packages: []),
    ]

    private func packages(_ document: [String: Any]) throws -> [String] {
        let inventory = try #require(document["packageInventory"] as? [String: Any])
        #expect(inventory["problems"] as? [String] == [])
        return try #require(inventory["packages"] as? [[String: Any]]).map { package in
            "\(package["manager"] ?? "") \(package["name"] ?? "") \(package["bytes"] ?? "")"
        }.sorted()
    }

    @Test(arguments: rows) func aRecordIsWhatTheTreeShows(_ row: Row) throws {
        let bench = try Workbench()
        let image = ImageBuilder(row.layers.map { BuiltLayer($0) }, named: "localhost/records:1")
        let archive = try bench.file("image.tar", try image.dockerArchive(.legacy).tar)
        // Read anew, from the catalog, from a pipe, and out of the store.
        #expect(try packages(bench.document("analyze", "--packages", archive)) == row.packages)
        #expect(try packages(bench.document("analyze", "--packages", archive)) == row.packages)
        let other = try Workbench()
        let piped = try other.shell("cat \"$1\" | \"$STRATA\" analyze --packages --format json -", archive)
        #expect(try packages(object(piped.output)) == row.packages)
        try other.succeed("load", "-i", archive)
        #expect(try packages(other.document("analyze", "--packages", "localhost/records:1")) == row.packages)
    }

    /// A layer that was read for its contents once is not read again for them.
    @Test func whatWasReadAgainIsKept() throws {
        let bench = try Workbench()
        let image = ImageBuilder([BuiltLayer(Self.rows[0].layers[0])], named: "localhost/records:1")
        let archive = try bench.file("image.tar", try image.dockerArchive(.legacy).tar)
        try bench.succeed("load", "-i", archive)
        #expect(try packages(bench.document("analyze", "--packages", "localhost/records:1")) == ["deb a 1000"])
        // Without its blob, only the catalog can tell.
        let digest = image.layers[0].descriptor.digest
        let blob = "\(bench.store)/blobs/sha256/\(digest.hex)"
        try FileManager.default.removeItem(atPath: blob)
        try Data(count: image.layers[0].blob.count).write(to: URL(fileURLWithPath: blob))
        #expect(try packages(bench.document("analyze", "--packages", "localhost/records:1")) == ["deb a 1000"])
    }

    /// What was kept beside a first reading's is true, so a check of the store has nothing to find.
    @Test func whatIsKeptBesideIsNoFinding() throws {
        let bench = try Workbench()
        let image = ImageBuilder([BuiltLayer(Self.rows[0].layers[0])], named: "localhost/records:1")
        try bench.succeed("load", "-i", try bench.file("image.tar", try image.dockerArchive(.legacy).tar))
        #expect(try packages(bench.document("analyze", "--packages", "localhost/records:1")) == ["deb a 1000"])
        #expect(try bench.strata("fsck").status == 0)
        #expect(try bench.strata("fsck", "--repair").status == 0)
        #expect(try packages(bench.document("analyze", "--packages", "localhost/records:1")) == ["deb a 1000"])
    }

    @Test func aLayerInARegistryIsFetchedOnceMore() throws {
        let image = ImageBuilder([BuiltLayer(Self.rows[0].layers[0])], named: "x/y:1")
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        let registry = try ScriptedRegistry(content)
        let bench = try Workbench()
        for _ in 1...2 {
            #expect(
                try packages(bench.document("analyze", "--packages", "docker://\(registry.name)/a/b:1")) == ["deb a 1000"])
        }
        #expect(registry.requests("GET", containing: image.layers[0].descriptor.digest.description).count == 2)
        #expect(bench.names("blobs/sha256") == [])
    }

    // MARK: rpm

    /// Makes `$1/db` in WAL mode, its one row in the log alone; copies of both as they stand while it is open.
    private static let logScript = """
        import sqlite3, struct, sys, shutil, os
        folder = sys.argv[1]
        def header(name):
            tags, store = [], b''
            for tag, kind, value in ((1000, 6, name), (1001, 6, '1'), (1002, 6, '2'), (1116, 4, None), (1117, 8, 'bash'), (1118, 8, '/usr/bin/')):
                if kind == 4: store += b'\\0' * (-len(store) % 4)
                tags.append(struct.pack('>IIII', tag, kind, len(store), 1))
                store += bytes(4) if value is None else value.encode() + b'\\0'
            return struct.pack('>II', len(tags), len(store)) + b''.join(tags) + store
        base = sqlite3.connect(folder + '/db')
        base.execute('PRAGMA journal_mode=WAL')
        base.execute('CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)'); base.commit()
        base.execute('INSERT INTO Packages(blob) VALUES(?)', (header('old'),)); base.commit()
        base.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        base.execute('DELETE FROM Packages'); base.commit()
        base.execute('INSERT INTO Packages(blob) VALUES(?)', (header('bash'),)); base.commit()
        shutil.copy(folder + '/db', folder + '/main'); shutil.copy(folder + '/db-wal', folder + '/log')
        """

    private func rpm(_ files: [TarMember], _ bench: Workbench) throws -> (names: [String], problems: [String]) {
        let image = ImageBuilder([BuiltLayer(files + [.file("usr/bin/bash", size: 1000)])], named: "localhost/rpm:1")
        let archive = try bench.file("rpm.tar", try image.dockerArchive(.legacy).tar)
        let document = try bench.document("analyze", "--packages", archive)
        let inventory = try #require(document["packageInventory"] as? [String: Any])
        let packages = try #require(inventory["packages"] as? [[String: Any]])
        return (
            packages.map { "\($0["name"] ?? "") \($0["version"] ?? "") \($0["bytes"] ?? "")" },
            try #require(inventory["problems"] as? [String])
        )
    }

    @Test(.needs("python3")) func rpmsDatabaseCountsWithItsLog() throws {
        let bench = try Workbench()
        let made = try Program("python3").run(["-c", Self.logScript, bench.folder.path])
        try #require(made.status == 0, "\(made.errors)")
        func file(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: bench.folder.path(name)))) }
        let (main, log) = (try file("main"), try file("log"))
        for folder in ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"] {
            let place = "\(folder)/rpmdb.sqlite"
            let read = try rpm([.file(place, main), .file(place + "-wal", log)], bench)
            #expect(read.names == ["bash 1-2 1000"], "\(folder)")
            #expect(read.problems == [])
        }
        let place = "var/lib/rpm/rpmdb.sqlite"
        // What SQLite would not take of a log does not count either.
        #expect(try rpm([.file(place, main), .file(place + "-wal", [])], bench).names == ["old 1-2 1000"])
        #expect(try rpm([.file(place, main), .file(place + "-wal", Array(log.dropLast()))], bench).names == [])
        var odd = log
        odd[40] ^= 1
        #expect(try rpm([.file(place, main), .file(place + "-wal", odd)], bench).names == ["old 1-2 1000"])
        // A change that never ended leaves a database that nobody can trust.
        let journal: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7] + [UInt8](repeating: 0, count: 600)
        #expect(try rpm([.file(place, main), .file(place + "-journal", journal)], bench).problems.count == 1)
        #expect(
            try rpm([.file(place, main), .file(place + "-journal", [UInt8](repeating: 0, count: 600))], bench).problems == [])
        #expect(try rpm([.file("srv/root/\(place)", main)], bench).names == [])
    }

    // MARK: Rules

    private func check(_ bench: Workbench, _ files: [TarMember], _ pattern: String) throws -> Int32 {
        let image = ImageBuilder([BuiltLayer(files)], named: "localhost/rules:1")
        let archive = try bench.file("rules.tar", try image.dockerArchive(.legacy).tar)
        let budget = try bench.file("b.yaml", Data("version: 1\npackages: [{match: '\(pattern)', forbid: true}]\n".utf8))
        let status = try bench.strata("check", "--budget", budget, archive).status
        // A report decides, or does not, as a check does.
        let report = try bench.strata("report", "-o", bench.folder.path("out"), "--budget", budget, archive).status
        #expect((status == 3) == (report == 3), "\(pattern): \(status), \(report)")
        return status
    }

    @Test func whatCannotBeReadNeverPasses() throws {
        let bench = try Workbench()
        let nul = [TarMember.file("var/lib/dpkg/status", [UInt8](repeating: 0, count: 2000))] + Self.a
        #expect(try check(bench, nul, "deb:a") == 3)
        #expect(try check(bench, [.file("var/lib/dpkg/status", text: Self.status), .file("usr/bin/a", size: 1)], "deb:zz") == 3)
        #expect(try check(bench, [.symlink("var/lib/dpkg/status", to: "nowhere")] + Self.a, "deb:a") == 3)
        #expect(try check(bench, [.file("var/lib/rpmmanifest/container-manifest-2", text: "x")], "rpm:x") == 3)
    }

    @Test func aBrokenRecordIsItsManagersAlone() throws {
        let bench = try Workbench()
        let files = [
            TarMember.file("var/lib/dpkg/status", text: Self.status),
            .file("app/node_modules/x/test/node_modules/bad/package.json", text: "{"),
        ]
        #expect(try check(bench, files + Self.a, "deb:a") == 1)
        #expect(try check(bench, files + Self.a, "deb:zz") == 0)
        #expect(try check(bench, files + Self.a, "npm:zz") == 3)
        #expect(try check(bench, files + Self.a, "zz") == 3)
    }
}
