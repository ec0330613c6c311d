import LayerArchive
import PackageDatabases
import Testing

/// What cannot be read, or not to its end, is told; what can be read of it counts.
@Suite struct DamagedRecordTests {
    private static let status = "var/lib/dpkg/status"
    private static let list = "var/lib/dpkg/info/a.list"

    private func reading(_ files: [String: [UInt8]]) -> PackageReading {
        PackageReading(files.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), $0.value) })
    }

    private func reading(_ files: [String: String]) -> PackageReading { reading(files.mapValues { Array($0.utf8) }) }

    private func problems(_ reading: PackageReading) -> [String] {
        reading.problems.map { "\(String(decoding: $0.path, as: UTF8.self)) \($0.reason)" }
    }

    /// A record of one package, `a`, and the list of its files.
    private func dpkg(_ status: String, list: String = "/.\n/usr/bin/a\n") -> PackageReading {
        reading([Self.status: status, Self.list: list])
    }

    private static let whole = "Package: a\nStatus: install ok installed\nVersion: 1\n"

    @Test(arguments: ["", "\n", "\n\n", whole, whole + "\n", "\n" + whole + "\n\n"]) func aWholeStatusIsNoProblem(_ text: String)
    {
        #expect(problems(dpkg(text)) == [])
    }

    @Test(arguments: [
        "\0\0\0", whole + "\0", whole + "\nPackage: b\nVers", whole + "\nPackage: b\nVersion: 1.", whole + "\nStatus: x\n",
        whole + "\nPackage: b\nVersion\n", " starts within a field\n\n" + whole, "no field at all\n", whole + "\nPackage: b\n",
        whole + "\nPackage:\nVersion: 1\n",
    ])
    func aStatusThatEndsWithinAFieldIsOne(_ text: String) {
        #expect(problems(dpkg(text)).first == "\(Self.status) damaged")
    }

    @Test func whatStandsBeforeTheDamageCounts() {
        #expect(dpkg(Self.whole + "\nPackage: b\nVers").packages.map(\.name) == ["a"])
    }

    @Test func missingListsAreToldTogether() {
        let three = ["a", "b", "c"].map { "Package: \($0)\nVersion: 1\n" }.joined(separator: "\n")
        #expect(problems(reading([Self.status: three])) == ["\(Self.list) listMissing(count: 3)"])
        #expect(problems(reading([Self.status: "Package: a\nStatus: x ok half-installed\nVersion: 1\n"])) == [])
    }

    @Test(arguments: ["/usr/bin/a", "/a\n\n/b\n", "\0\0", "/a\n\0\n"]) func aListThatIsCutIsAProblem(_ list: String) {
        #expect(problems(dpkg(Self.whole, list: list)) == ["\(Self.list) damaged"])
    }

    private static let part = "var/lib/dpkg/status.d/YmFzZQ=="

    @Test func aPartMayHaveItsSumsOrItsList() {
        let text = "Package: base\nVersion: 1\nArchitecture: amd64"
        let sums = "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n"
        #expect(problems(reading([Self.part: text, Self.part + ".md5sums": sums])) == [])
        #expect(problems(reading([Self.part: text, "var/lib/dpkg/info/base:amd64.list": "/a\n"])) == [])
        #expect(problems(reading([Self.part: text])) == ["\(Self.part).md5sums listMissing(count: 1)"])
        #expect(
            problems(reading([Self.part: text, Self.part + ".md5sums": "short usr/bin/a\n"])) == ["\(Self.part).md5sums damaged"])
        #expect(problems(reading([Self.part: "\0"])).first == "\(Self.part) damaged")
    }

    private static let installed = "lib/apk/db/installed"

    @Test(arguments: ["", "P:a\nV:1\nF:x\nR:y\n\n", "P:a\nV:1\n\n\nP:b\nV:1\n"]) func aWholeApkRecordIsNoProblem(_ text: String) {
        #expect(problems(reading([Self.installed: text])) == [])
    }

    @Test(arguments: ["P:a\nV:1", "\0\0", "P:a\nV\n", "V:1\nF:x\n\n", "P:a\nV:1\n\nhello\n"]) func aCutApkRecordIsOne(
        _ text: String
    ) {
        #expect(problems(reading([Self.installed: text])) == ["\(Self.installed) damaged"])
    }

    @Test func pythonsRecordsAreWholeOrTold() {
        let metadata = "x/a.dist-info/METADATA"
        let rows: [(files: [String: String], problems: [String])] = [
            ([metadata: "Name: a\n"], ["\(metadata) damaged"]), ([metadata: ""], ["\(metadata) damaged"]),
            ([metadata: "Name: a\nVersion: 1\n", "x/a.dist-info/RECORD": "\"a"], ["x/a.dist-info/RECORD damaged"]),
            ([metadata: "Name: a\nVersion: 1\n", "x/a.dist-info/RECORD": "a,,\n\"b\"\"\",,"], []),
            ([metadata: "Name: a\nVersion: 1\n", "x/a.dist-info/RECORD": "\0"], ["x/a.dist-info/RECORD damaged"]),
        ]
        for row in rows { #expect(problems(reading(row.files)) == row.problems, "\(row.files)") }
    }

    @Test func aManifestWithAByteOrderMarkIsRead() {
        let read = reading(["node_modules/a/package.json": "\u{FEFF}{\"name\":\"a\",\"version\":\"1\"}"])
        #expect(read.packages.map(\.name) == ["a"])
    }

    @Test func formsThatNothingReadsAreTold() {
        for path in [
            "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db", "usr/share/rpm/Packages",
            "var/lib/rpmmanifest/container-manifest-2", "var/lib/pacman/local/ALPM_DB_VERSION", "usr/lib/opkg/status",
        ] {
            #expect(problems(reading([path: "x"])) == ["\(path) unsupported"])
        }
    }

    @Test func aProblemIsItsManagers() {
        let managers = [
            Self.status, Self.installed, "var/lib/rpm/Packages", "x/a.dist-info/RECORD", "node_modules/a/package.json",
        ]
        .map { PackageProblem(path: Array($0.utf8), reason: .damaged).manager }
        #expect(managers == [.deb, .apk, .rpm, .pip, .npm])
        #expect(PackageProblem(path: [], reason: .unknownLayer(1)).manager == nil)
        // Of a manager that is not read, only rules that name none can be about a package.
        #expect(PackageProblem(path: Array("usr/lib/opkg/status".utf8), reason: .unsupported).manager == nil)
    }

    // MARK: Diversions

    private static let two = "Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n"

    private func diverted(_ diversions: String) -> [String] {
        let files = [
            Self.status: Self.two, Self.list: "/usr/bin/man\n", "var/lib/dpkg/info/b.list": "/usr/bin/man\n",
            "var/lib/dpkg/diversions": diversions,
        ]
        let read = reading(files)
        return read.packages.map { package in
            guard case .listed(let list) = package.files else { return "" }
            return package.name + " " + list.paths.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        } + problems(read)
    }

    @Test func whatAPackageDivertsIsTheOthersAtAnotherPath() {
        #expect(diverted("/usr/bin/man\n/usr/bin/man.REAL\nb\n") == ["a usr/bin/man.REAL", "b usr/bin/man"])
        // The machine's owner moves every package's.
        #expect(diverted("/usr/bin/man\n/usr/bin/man.own\n:\n") == ["a usr/bin/man.own", "b usr/bin/man.own"])
        #expect(diverted("") == ["a usr/bin/man", "b usr/bin/man"])
    }

    @Test(arguments: ["/usr/bin/man\n", "/usr/bin/man\n/x\n", "/usr/bin/man\n/x\n\n", "\0", "man\nx\nb\n", "/usr/bin/man\n/x\nb"])
    func diversionsComeInThrees(_ text: String) {
        #expect(diverted(text).last == "var/lib/dpkg/diversions damaged")
    }
}
