import Foundation
import LayerArchive
import PackageDatabases
import TestSupport
import Testing

/// Each package manager's own records, read.
@Suite struct PackageReadingTests {
    private func reading(_ files: [String: String]) -> PackageReading {
        PackageReading(files.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), Array($0.value.utf8)) })
    }

    private func lines(_ reading: PackageReading) -> [String] {
        reading.packages.map { package in
            let files =
                switch package.files {
                case .listed(let list): list.paths.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
                case .directory(let path): String(decoding: path, as: UTF8.self) + "/"
                }
            return "\(package.manager.rawValue) \(package.name) \(package.version) \(package.architecture ?? "-"): \(files)"
        }
    }

    private func problems(_ reading: PackageReading) -> [String] {
        reading.problems.map { "\(String(decoding: $0.path, as: UTF8.self)) \($0.reason)" }
    }

    @Test func debianPackagesHaveTheirLists() {
        let status = """
            Package: curl
            Status: install ok installed
            Architecture: amd64
            Version: 7.88.1-10
            Description: transfers
             Version: this is a continuation, not a field

            Package: libc6
            Status: install ok installed
            Architecture: amd64
            Multi-Arch: same
            Version: 2.36-9

            Package: gone
            Status: deinstall ok config-files
            Architecture: all
            Version: 1

            Package: half
            Status: install reinstreq half-installed
            Architecture: all
            Version: 3

            """
        let reading = self.reading([
            "var/lib/dpkg/status": status, "var/lib/dpkg/info/curl.list": "/.\n/usr\n/usr/bin\n/usr/bin/curl\n",
            "var/lib/dpkg/info/libc6:amd64.list": "/.\n/lib\n/lib/libc.so.6\n",
            "var/lib/dpkg/info/gone.list": "/etc/gone\n",
        ])
        #expect(
            lines(reading) == [
                "deb curl 7.88.1-10 amd64: usr usr/bin usr/bin/curl", "deb half 3 all: ",
                "deb libc6 2.36-9 amd64: lib lib/libc.so.6",
            ])
        #expect(reading.problems.isEmpty)
    }

    @Test func distrolessImagesKeepOneFileAPackage() {
        let reading = self.reading([
            "var/lib/dpkg/status.d/tzdata": "Package: tzdata\nVersion: 2024a\nArchitecture: all\n",
            "var/lib/dpkg/status.d/tzdata.md5sums": "d41d8cd98f00b204e9800998ecf8427e  usr/share/zoneinfo/UTC\n",
        ])
        #expect(lines(reading) == ["deb tzdata 2024a all: usr/share/zoneinfo/UTC"])
    }

    @Test func alpinePackages() {
        let installed = """
            C:Q1abc=
            P:musl
            V:1.2.4-r2
            A:x86_64
            F:lib
            R:ld-musl-x86_64.so.1
            a:0:0:755
            Z:Q1x=
            R:libc.musl-x86_64.so.1

            P:base
            V:3
            A:x86_64
            F:
            R:top
            F:etc/
            R:issue

            """
        #expect(
            lines(reading(["lib/apk/db/installed": installed])) == [
                "apk base 3 x86_64: top etc/issue", "apk musl 1.2.4-r2 x86_64: lib/ld-musl-x86_64.so.1 lib/libc.musl-x86_64.so.1",
            ])
    }

    @Test func pythonDistributions() {
        let site = "usr/lib/python3/site-packages"
        let reading = self.reading([
            "\(site)/attrs-23.1.dist-info/METADATA": "Metadata-Version: 2.1\r\nName: attrs\r\nVersion: 23.1\r\n\r\nName: body",
            "\(site)/attrs-23.1.dist-info/RECORD":
                "attr/__init__.py,sha256=x,10\n\"attr/a,\"\"b\"\".py\",,\n../../../bin/tool,,\n/abs/x,,\n",
            "\(site)/old.egg-info/PKG-INFO": "Name: old\nVersion: 1\n",
            "\(site)/old.egg-info/installed-files.txt": "../old/__init__.py\ntop_level.txt\n",
            "\(site)/single-2.egg-info": "Name: single\nVersion: 2\n",
            "\(site)/bare-1.dist-info/METADATA": "Name: bare\nVersion: 1\n",
            "\(site)/broken.dist-info/METADATA": "no header at all",
        ])
        #expect(
            lines(reading) == [
                "pip attrs 23.1 -: \(site)/attr/__init__.py \(site)/attr/a,\"b\".py usr/bin/tool abs/x",
                "pip bare 1 -: \(site)/bare-1.dist-info/",
                "pip old 1 -: \(site)/old/__init__.py \(site)/old.egg-info/top_level.txt \(site)/old.egg-info/PKG-INFO",
                "pip single 2 -: \(site)/single-2.egg-info",
            ])
        #expect(problems(reading) == ["\(site)/broken.dist-info/METADATA damaged"])
    }

    @Test func nodePackagesAreTheirFolders() {
        let reading = self.reading([
            "app/node_modules/left-pad/package.json": #"{"name": "left-pad", "version": "1.3.0"}"#,
            "app/node_modules/@a/b/package.json": #"{"name": "@a/b", "version": "2.0.0"}"#,
            "app/node_modules/left-pad/node_modules/x/package.json": #"{"name": "x", "version": "0.1.0"}"#,
            "app/node_modules/left-pad/lib/package.json": #"{"name": "not a package's own folder", "version": "1"}"#,
            "app/node_modules/esm/package.json": #"{"type": "module"}"#,
            "app/node_modules/torn/package.json": #"{"name": "#,
            "app/package.json": #"{"name": "app", "version": "1"}"#,
        ])
        #expect(
            lines(reading) == [
                "npm @a/b 2.0.0 -: app/node_modules/@a/b/", "npm left-pad 1.3.0 -: app/node_modules/left-pad/",
                "npm x 0.1.0 -: app/node_modules/left-pad/node_modules/x/",
            ])
        #expect(reading.problems == [PackageProblem(path: Array("app/node_modules/torn/package.json".utf8), reason: .damaged)])
    }

    @Test func whatIsNoDatabaseIsAProblemAndNoCrash() {
        for bytes in [[], Array("SQLite format 3\u{0}".utf8), [UInt8](repeating: 0xFF, count: 5000)] {
            let reading = PackageReading([(Array("usr/lib/sysimage/rpm/rpmdb.sqlite".utf8), bytes)])
            #expect(reading.problems.map(\.reason) == [.damaged])
        }
        let old = PackageReading([(Array("var/lib/rpm/Packages".utf8), [1, 2, 3])])
        #expect(old.problems.map(\.reason) == [.unsupported])
    }

    /// rpm's own word on a database that it made itself.
    @Test(.needs("rpmbuild", "rpm")) func rpmsOwnDatabase() throws {
        let folder = try TemporaryDirectory()
        let spec = """
            Name: strata-probe
            Version: 1.2
            Release: 3
            Epoch: 4
            Summary: probe
            License: none
            BuildArch: noarch
            %description
            probe
            %install
            mkdir -p %{buildroot}/opt/probe "%{buildroot}/opt/probe/a dir"
            echo hello > %{buildroot}/opt/probe/hello
            echo there > "%{buildroot}/opt/probe/a dir/there"
            %files
            /opt/probe
            """
        try Data(spec.utf8).write(to: URL(fileURLWithPath: folder.path("probe.spec")))
        let script = """
            set -e
            rpmbuild -bb --define "_topdir $1/build" --define "_dbpath $1/none" "$1/probe.spec"
            mkdir -p "$1/root"
            rpm --root "$1/root" --dbpath /usr/lib/sysimage/rpm --define '_db_backend sqlite' --initdb
            rpm --root "$1/root" --dbpath /usr/lib/sysimage/rpm --define '_db_backend sqlite' -i --nodeps --justdb \
                "$1"/build/RPMS/noarch/*.rpm
            rpm --root "$1/root" --dbpath /usr/lib/sysimage/rpm --define '_db_backend sqlite' -qa \
                --qf '%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE} %{ARCH}\\n[%{FILENAMES}\\n]' > "$1/list"
            """
        let outcome = try Program.shell.run(["-c", script, "sh", folder.path])
        try #require(outcome.status == 0, "\(outcome.errors.suffix(2000))")
        let database = try Data(contentsOf: URL(fileURLWithPath: folder.path("root/usr/lib/sysimage/rpm/rpmdb.sqlite")))
        let list = try String(contentsOfFile: folder.path("list"), encoding: .utf8)
        let reading = PackageReading([(Array("usr/lib/sysimage/rpm/rpmdb.sqlite".utf8), Array(database))])
        let text = reading.packages.map { package in
            guard case .listed(let list) = package.files else { return "" }
            return "\(package.name) \(package.version) \(package.architecture ?? "")\n"
                + list.paths.map { "/" + String(decoding: $0, as: UTF8.self) + "\n" }.joined()
        }.joined()
        #expect(text == list)
        #expect(reading.problems.isEmpty)
    }

    private static let keptPaths = [
        "var/lib/dpkg/status", "var/lib/dpkg/info/x.list", "var/lib/dpkg/status.d/libc6", "var/lib/dpkg/status.d/a+b",
        "var/lib/dpkg/status.d/YmFzZQ==", "var/lib/dpkg/status.d/YmFzZQ==.md5sums", "var/lib/dpkg/status.d/x_Y-",
        "var/lib/dpkg/diversions", "usr/lib/apk/db/installed", "usr/share/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "var/lib/rpm/rpmdb.sqlite-wal", "var/lib/rpm/rpmdb.sqlite-journal",
        "lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite", "x/y.dist-info/METADATA", "x/y.dist-info/RECORD",
        "y.egg-info/PKG-INFO", "a/node_modules/b/package.json", "node_modules/@s/b/package.json",
    ]
    private static let otherPaths = [
        "", "status", "var/lib/dpkg/status-old", "var/lib/dpkg/info/x.md5sums", "home/x.list", "package.json",
        "a/package.json", "node_modules/package.json", "node_modules/@s/package.json", "a/node_modules/b/c/package.json",
        "METADATA", "x/METADATA", "installed", "srv/root/var/lib/rpm/rpmdb.sqlite", "srv/var/lib/dpkg/status",
        "srv/lib/apk/db/installed", "var/lib/rpm/rpmdb.sqlite-shm", "var/lib/rpmmanifest/x",
    ]

    @Test func onlyPackageManagersFilesAreKept() {
        for path in Self.keptPaths { #expect(PackageFile(Array(path.utf8))?.isRead == true, "\(path)") }
        for path in Self.otherPaths { #expect(PackageFile(Array(path.utf8)) == nil, "\(path)") }
    }
}
