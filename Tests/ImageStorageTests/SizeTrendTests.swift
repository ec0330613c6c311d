import ImageStorage
import OCISpec
import Testing

/// The order of a repository's images, and which one comes before another.
struct SizeTrendTests {
    private static func digest(_ number: Int) -> Digest {
        do { return try Digest("sha256:" + String(repeating: "0", count: 60) + String(format(number))) } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func format(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 4 - text.count) + text
    }

    private func seen(
        _ number: Int64, _ tag: String, image: Int, at observed: Int64, created: Int64? = nil, platform: String = "linux/amd64"
    ) -> Observation {
        Observation(
            number: number, repository: "docker.io/library/app", tag: tag, observed: Timestamp(seconds: observed),
            image: ObservedImage(
                manifest: Self.digest(image), imageID: Self.digest(0x1000 + image), platform: platform,
                created: created.map { Timestamp(seconds: $0) }, layerCount: 1, compressedBytes: Int64(image)))
    }

    private func images(_ trend: SizeTrend) -> [Int64] { trend.points.map(\.observation.image.compressedBytes) }
    private let amd = Platform(os: "linux", architecture: "amd64")

    @Test func imagesStandByTheirOwnDateAndElseByThatOfTheName() {
        let history = [
            seen(1, "3", image: 3, at: 900, created: 300), seen(2, "1", image: 1, at: 901, created: 100),
            seen(3, "2", image: 2, at: 200),
        ]
        #expect(images(SizeTrend(history, platform: amd)) == [1, 2, 3])
        #expect(images(SizeTrend(history, by: .observed, platform: amd)) == [2, 3, 1])
    }

    @Test func imagesOfOneDateStandInTheOrderInWhichTheyWereNoted() {
        let history = (1...5).map { seen(Int64($0), "\($0)", image: $0, at: 1000, created: 500) }
        #expect(images(SizeTrend(history.shuffled(), platform: amd)) == [1, 2, 3, 4, 5])
    }

    @Test func aNameThatWentBackShowsThatByTheTimesOfTheName() {
        let history = [
            seen(1, "latest", image: 1, at: 10, created: 1), seen(2, "latest", image: 2, at: 20, created: 2),
            seen(3, "latest", image: 1, at: 30, created: 1),
        ]
        #expect(images(SizeTrend(history, by: .observed, platform: amd)) == [1, 2, 1])
        #expect(images(SizeTrend(history, platform: amd)) == [1, 2])
    }

    @Test func oneImageUnderTwoTagsStandsForEach() {
        let history = [seen(1, "1", image: 1, at: 10, created: 1), seen(2, "latest", image: 1, at: 11, created: 1)]
        #expect(SizeTrend(history, platform: amd).points.map(\.observation.tag) == ["1", "latest"])
    }

    @Test func ofSeveralPlatformsOneIsShown() {
        let history = [
            seen(1, "1", image: 1, at: 1, platform: "linux/amd64"), seen(2, "1", image: 2, at: 1, platform: "linux/arm64"),
            seen(3, "2", image: 3, at: 2, platform: "linux/arm64"),
        ]
        #expect(images(SizeTrend(history, platform: amd)) == [1])
        #expect(images(SizeTrend(history, platform: Platform(os: "linux", architecture: "arm64"))) == [2, 3])
        let none = SizeTrend(history, platform: Platform(os: "linux", architecture: "s390x"))
        #expect(none.points.isEmpty && none.platform == nil && none.platforms == ["linux/amd64", "linux/arm64"])
        // Without a choice, what there is will do where nothing is for this machine.
        let foreign = [seen(1, "1", image: 1, at: 1, platform: "plan9/mips")]
        #expect(images(SizeTrend(foreign)) == [1])
    }

    @Test func onlyTheNewestOrThoseSinceAMoment() {
        let trend = SizeTrend((1...9).map { seen(Int64($0), "\($0)", image: $0, at: Int64($0) * 10) }, platform: amd)
        #expect(images(trend.since(Timestamp(seconds: 50), last: nil)) == [5, 6, 7, 8, 9])
        #expect(images(trend.since(Timestamp(seconds: 50), last: 2)) == [8, 9])
        #expect(images(trend.since(nil, last: 20)).count == 9)
        #expect(trend.since(Timestamp(seconds: 1000), last: 3).points.isEmpty)
    }

    private func previous(_ trend: SizeTrend, to image: Int, created: Int64? = nil) -> Int64? {
        trend.previous(
            to: Self.digest(image), imageID: Self.digest(0x1000 + image), created: created.map { Timestamp(seconds: $0) })?
            .image.compressedBytes
    }

    @Test func theImageBeforeIsTheNewestOlderOther() {
        let trend = SizeTrend(
            [
                seen(1, "1", image: 1, at: 10, created: 1), seen(2, "2", image: 2, at: 20, created: 2),
                seen(3, "latest", image: 2, at: 21, created: 2), seen(4, "3", image: 3, at: 30, created: 3),
            ], platform: amd)
        #expect(previous(trend, to: 1) == nil)
        #expect(previous(trend, to: 2) == 1)
        #expect(previous(trend, to: 3) == 2)
        // Of an image that is not there its own date decides, and without one it is the newest.
        #expect(previous(trend, to: 9, created: 2) == 2)
        #expect(previous(trend, to: 9, created: 0) == nil)
        #expect(previous(trend, to: 9) == 3)
    }

    @Test func anotherFormOfTheSameImageIsNotTheOneBefore() {
        var copy = seen(2, "2", image: 7, at: 20, created: 1)
        copy.image.imageID = Self.digest(0x1001)
        let trend = SizeTrend([seen(1, "1", image: 1, at: 10, created: 1), copy], platform: amd)
        #expect(trend.previous(to: Self.digest(7), imageID: Self.digest(0x1001), created: nil) == nil)
    }

    @Test func tenThousandObservationsAreQuicklyInOrder() {
        let history = (1...10_000).map { seen(Int64($0), "t\($0 % 50)", image: $0, at: Int64(20_000 - $0)) }
        let trend = SizeTrend(history, platform: amd)
        #expect(images(trend) == (1...10_000).reversed().map(Int64.init))
        #expect(previous(trend, to: 1) == 2)
    }
}
