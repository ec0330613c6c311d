import LayerArchive
import PackageDatabases
import Testing

/// What a record says once is kept once: lists are never much larger than the records they come from.
@Suite struct LargeRecordTests {
    private func list(_ files: [String: String]) throws -> FileList {
        let reading = PackageReading(files.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), Array($0.value.utf8)) })
        #expect(reading.problems == [])
        let package = try #require(reading.packages.first)
        guard case .listed(let files) = package.files else { throw NoList() }
        return files
    }

    private struct NoList: Error {}

    private static let long = String(repeating: "d", count: 1_000_000)

    @Test func aFolderOfApksIsSaidOnce() throws {
        let files = try list(["lib/apk/db/installed": "P:a\nV:1\nF:\(Self.long)\n" + String(repeating: "R:a\n", count: 100_000)])
        #expect(files.count == 100_000 && files.folders.count == 1)
    }

    @Test func aFolderOfPythonsIsSaidOnce() throws {
        let site = String(repeating: "d", count: 60_000)
        let files = try list([
            "\(site)/a.dist-info/METADATA": "Name: a\nVersion: 1\n",
            "\(site)/a.dist-info/RECORD": String(repeating: "b,,\n", count: 100_000),
        ])
        #expect(files.count == 100_000 && files.folders.count == 1)
    }

    @Test func aListThatManyPackagesNameIsTheFirstOnes() {
        let status = (0..<1000).map { "Package: a\nArchitecture: m\($0)\nVersion: 1\n\n" }.joined()
        let list = String(repeating: "/x\n", count: 1000)
        let reading = PackageReading([
            (Array("var/lib/dpkg/status".utf8), Array(status.utf8)), (Array("var/lib/dpkg/info/a.list".utf8), Array(list.utf8)),
        ])
        let counts = reading.packages.map { package in
            guard case .listed(let files) = package.files else { return -1 }
            return files.count
        }
        #expect(counts.reduce(0, +) == 1000 && reading.packages.count == 1000)
        #expect(reading.problems == [])
    }

    @Test func morePackagesThanAnyImageHasAreNotRead() {
        let installed = String(repeating: "P:a\n\n", count: 200_001)
        let reading = PackageReading([(Array("lib/apk/db/installed".utf8), Array(installed.utf8))])
        #expect(reading.packages.count == 200_000)
        #expect(reading.problems.map(\.reason) == [.tooLarge])
    }

    @Test func aManifestOfMegabytesIsNotRead() {
        let text = "{\"name\":\"a\",\"version\":\"1\",\"x\":[" + String(repeating: "0,", count: 3_000_000) + "0]}"
        let reading = PackageReading([(Array("node_modules/a/package.json".utf8), Array(text.utf8))])
        #expect(reading.problems.map(\.reason) == [.tooLarge])
    }
}
