import Foundation
import GRDB
import ImageStorage
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// What is noted of a repository's names, and what of it stays whatever happens.
struct ObservationTests {
    let fixture: ImageFixture
    private let repository = "docker.io/library/app"

    init() throws { fixture = try ImageFixture() }

    private func moment(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_700_000_000 + seconds) }

    private func name(_ tag: String) throws -> Reference { try Reference(normalizing: "app:\(tag)") }

    private func noted(_ images: ImageStore, now: Int64 = 1000) throws -> [Observation] {
        try images.observations(of: repository, now: moment(now))
    }

    private func lines(_ observations: [Observation]) -> [String] {
        observations.map { "\($0.tag ?? "-") \($0.image.manifest.hex.prefix(8)) \($0.observed.seconds - 1_700_000_000)" }
    }

    private func line(_ tag: String, _ image: Descriptor, _ seconds: Int) -> String {
        "\(tag) \(image.digest.hex.prefix(8)) \(seconds)"
    }

    private func sql(_ text: String) throws {
        try DatabaseQueue(path: "\(fixture.path)/catalog.sqlite").writeWithoutTransaction { try $0.execute(sql: text) }
    }

    @Test func aNameThatMovesKeepsItsPast() throws {
        let (a, b) = (try fixture.image("a"), try fixture.image("b"))
        try fixture.images.setName(try name("1"), a, at: moment(1))
        try fixture.images.setName(try name("1"), a, at: moment(2))
        try fixture.images.setName(try name("1"), b, at: moment(3))
        try fixture.images.tag(a.digest.description, as: try name("1"), at: moment(4))
        try fixture.images.setNames([(try name("2"), a), (try Reference(normalizing: "other:1"), b)], at: moment(5))
        let wanted = [line("1", a, 1), line("1", b, 3), line("1", a, 4), line("2", a, 5)]
        #expect(lines(try noted(fixture.images)) == wanted)
        #expect(try fixture.images.observations(of: "docker.io/library/other", now: moment(9)).count == 1)
        #expect(try fixture.images.observations(of: "docker.io/library/nothing", now: moment(9)).isEmpty)
        // It is the same for another process.
        #expect(lines(try noted(try fixture.reopened())) == wanted)
    }

    @Test func theFiguresStayWhenTheImageHasGone() throws {
        let image = try fixture.image("abc")
        try fixture.images.setName(try name("1"), image, at: moment(1))
        try fixture.edit { $0.manifests = [] }
        try fixture.remove(image.digest)
        let seen = try #require(try noted(fixture.images).first)
        #expect(seen.image.compressedBytes == 3 && seen.image.layerCount == 1)
        #expect(seen.image.contentBytes == nil && seen.image.wastedBytes == nil)
        fixture.images.catalog.complete(observationsOf: image.digest, contentBytes: 30, visibleBytes: 20)
        #expect(try noted(fixture.images).first?.image.wastedBytes == 10)
        // What is known is not overwritten.
        fixture.images.catalog.complete(observationsOf: image.digest, contentBytes: 1, visibleBytes: 1)
        #expect(try noted(fixture.images).first?.image.wastedBytes == 10)
    }

    @Test func eachPlatformThatIsHereIsNoted() throws {
        let (amd, arm) = (Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64"))
        let (a, b) = (try fixture.image("a", platform: amd), try fixture.image("b", platform: arm))
        try fixture.images.setName(try name("1"), try fixture.index([(a, amd), (b, arm)]), at: moment(1))
        #expect(try noted(fixture.images).map(\.image.platform) == ["linux/amd64", "linux/arm64"])
        // One platform's image moves, the other's stays.
        let c = try fixture.image("c", platform: amd)
        try fixture.images.setName(try name("1"), try fixture.index([(c, amd), (b, arm)]), at: moment(2))
        #expect(lines(try noted(fixture.images)) == [line("1", a, 1), line("1", b, 1), line("1", c, 2)])
    }

    @Test func namesThatAnotherToolGaveAreNotedWhenSomebodyAsks() throws {
        let (a, b) = (try fixture.image("a"), try fixture.image("b"))
        try fixture.images.setName(try name("1"), a, at: moment(1))
        try fixture.edit { $0.manifests = [b.refNamed("docker.io/library/app:1")] }
        #expect(lines(try noted(fixture.images, now: 50)) == [line("1", a, 1), line("1", b, 50)])
        #expect(lines(try noted(fixture.images, now: 60)) == [line("1", a, 1), line("1", b, 50)])
    }

    @Test func aLostCatalogKnowsWhatTheNamesMeanNow() throws {
        let (a, b) = (try fixture.image("a"), try fixture.image("b"))
        try fixture.images.setName(try name("1"), a, at: moment(1))
        try fixture.images.setName(try name("1"), b, at: moment(2))
        fixture.images.catalog.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: "\(fixture.path)/catalog.sqlite\(suffix)")
        }
        let again = try fixture.reopened()
        #expect(lines(try noted(again, now: 70)) == [line("1", b, 70)])
    }

    @Test func anImageThatCannotBeReadKeepsNoNameFromBeingGiven() throws {
        let broken = Descriptor(mediaType: MediaType.manifest, digest: Digest(hashing: [1]), size: 3)
        try fixture.images.setName(try name("1"), broken, at: moment(1))
        #expect(try fixture.images.names().count == 1)
        #expect(try noted(fixture.images).isEmpty)
        #expect(fixture.images.catalog.problems.isEmpty)
    }

    // MARK: The table

    /// The catalog of the version before is today's without the table.
    @Test func aCatalogWithoutTheTableGetsItAndKeepsAllElse() throws {
        let image = try fixture.image("a")
        fixture.images.catalog.recordImported(image.digest, at: moment(7))
        fixture.images.catalog.recordBlob(
            Digest(hashing: [8]), compressedBytes: 3, diffID: Digest(hashing: [9]), compression: .gzip)
        fixture.images.catalog.close()
        try sql("DROP TABLE observation; PRAGMA user_version = 4")
        let again = try fixture.reopened()
        #expect(again.catalog.diffID(ofBlob: Digest(hashing: [8])) == Digest(hashing: [9]))
        #expect(again.catalog.imported(image.digest) == moment(7))
        try again.setName(try name("1"), image, at: moment(8))
        #expect(lines(try noted(again)) == [line("1", image, 8)])
        #expect(again.catalog.problems.isEmpty)
    }

    @Test func observationsStayWhateverVersionTheCatalogHas() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(try name("1"), image, at: moment(1))
        fixture.images.catalog.close()
        try sql("PRAGMA user_version = 999")
        #expect(lines(try noted(try fixture.reopened())) == [line("1", image, 1)])
    }

    @Test func rowsThatCannotBeOursAreLeftOut() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(try name("1"), image, at: moment(1))
        fixture.images.catalog.close()
        let good = "'linux/amd64', '\(image.digest)', '\(image.digest)'"
        for row in [
            "'x', 'linux/amd64', 'no digest', '\(image.digest)', 1, NULL, 1, 1, 1, 1", "'x', \(good), 'soon', NULL, 1, 1, 1, 1",
            "'x', \(good), 1, NULL, 1, -5, 1, 1", "'x', \(good), 1, NULL, 1, 1, 9223372036854775807, 1",
            "'x', \(good), 1, NULL, 1, 1, 5, 6",
        ] {
            try sql(
                """
                INSERT INTO observation (repository, tag, platform, manifest, imageID, observedAt, createdAt, layerCount,
                    compressedBytes, contentBytes, visibleBytes) VALUES ('\(repository)', \(row))
                """)
        }
        #expect(lines(try noted(try fixture.reopened())) == [line("1", image, 1)])
    }

    @Test func ofARepositoryTheNewestAreKept() throws {
        let digests = (0..<2).map { Digest(hashing: [UInt8($0)]) }
        let count = Catalog.keptOfRepository + 50
        fixture.images.catalog.note(
            (0..<count).map { number in
                Observation(
                    repository: repository, tag: "1", observed: moment(Int64(number)),
                    image: ObservedImage(
                        manifest: digests[number % 2], imageID: digests[0], platform: "linux/amd64", created: nil, layerCount: 1,
                        compressedBytes: 1))
            })
        let kept = fixture.images.catalog.observations(of: repository)
        #expect(kept.count == Catalog.keptOfRepository)
        #expect(kept.first?.observed == moment(50) && kept.last?.observed == moment(Int64(count - 1)))
    }
}
