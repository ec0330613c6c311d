import ImageStorage
import OCISpec
import TestSupport
import Testing
import TextValues

/// What filters mean, on summaries made by hand.
struct ImageFilterTests {
    static let now = Timestamp(seconds: 1_800_000_000)

    static func digest(_ text: String) -> Digest { sha256(Array(text.utf8)) }

    static func time(daysAgo days: Int64) -> Timestamp { Timestamp(seconds: now.seconds - days * 86_400) }

    static func variant(created: String? = "2020-01-01T00:00:00Z", labels: [ExactText: String] = [:]) -> ImageSummary.Variant {
        ImageSummary.Variant(
            manifest: digest("manifest"), config: digest("config"), platform: Platform(os: "linux", architecture: "amd64"),
            created: created, labels: labels, diffIDs: [])
    }

    static func image(
        _ names: [String] = ["busybox"], _ variants: [ImageSummary.Variant] = [variant()], imported: Timestamp? = nil,
        used: Timestamp? = nil
    ) throws -> ImageSummary {
        let descriptor = Descriptor(mediaType: MediaType.manifest, digest: digest("manifest"), size: 1)
        var entries = try names.map {
            NamedImage(name: .reference(try Reference(normalizing: $0).withDefaultTag), descriptor: descriptor)
        }
        if entries.isEmpty { entries = [NamedImage(name: nil, descriptor: descriptor)] }
        return ImageSummary(
            imageID: digest("config"), entries: entries, variants: variants, imported: imported, used: used)
    }

    private func matches(
        _ conditions: String..., image: ImageSummary, context: ImageFilter.Context = .init(now: now)
    ) throws -> Bool {
        let filter = try ImageFilter(parsing: conditions)
        return image.entries.contains { filter.matches($0, of: image, context) }
    }

    @Test func withoutConditionsEveryImageIsMeant() throws {
        #expect(try matches(image: Self.image([])))
    }

    @Test(arguments: [
        ("reference=busybox", true), ("ref=busybox:latest", true), ("ref=docker.io/library/*", true), ("ref=alpine", false),
        ("ref=alpine|busy*", true), ("REF = busybox", true), ("ref=**", true), ("ref=team/**", false),
    ])
    func aPatternFitsTheShortOrTheFullName(condition: String, expected: Bool) throws {
        #expect(try matches(condition, image: Self.image()) == expected)
    }

    @Test func anImageOfSeveralNamesFitsByOneAndItsEntriesEachByTheirOwn() throws {
        let image = try Self.image(["busybox", "team/app:2"])
        let filter = try ImageFilter(parsing: ["ref=team/*"])
        #expect(image.entries.map { filter.matches($0, of: image, .init(now: Self.now)) } == [false, true])
    }

    /// Of an image for several platforms of which one cannot be read only what the others rule out is known.
    @Test(
        arguments: [
            ("label=keep", nil), ("label=other", false), ("label!=keep", false), ("label!=other", nil), ("until=24h", nil),
            ("until=2010-01-01", false), ("ref=busybox", true), ("used<1d", nil), ("size>1kB", nil), ("since=other", nil),
        ] as [(String, Bool?)])
    func whatIsNotKnownIsNeitherTrueNorFalse(condition: String, expected: Bool?) throws {
        var image = try Self.image(["busybox"], [Self.variant(labels: ["keep": "1"])])
        image.isPartlyUnknown = true
        let filter = try ImageFilter(parsing: [condition])
        #expect(filter.answer(image.entries[0], of: image, .init(now: Self.now)) == expected)
        #expect(filter.matches(image.entries[0], of: image, .init(now: Self.now)) == (expected == true))
        // With what is known not to hold, the whole is known.
        let both = try ImageFilter(parsing: [condition, "ref=alpine"])
        #expect(both.answer(image.entries[0], of: image, .init(now: Self.now)) == false)
    }

    @Test func conditionsOfOneKindAreANDedToo() throws {
        #expect(try !matches("ref=busybox", "ref=alpine", image: Self.image()))
    }

    @Test(arguments: [
        ("label=env", true), ("label=env=dev", true), ("label=env=prod", false), ("label=env=prod|env=dev", true),
        ("label=keep", false), ("label!=keep", true), ("label!=env", false), ("label!=env=prod", true),
        ("label!=keep|env=dev", false), ("label=empty=", true), ("label=env=", false), ("label=a=b=c", false),
    ])
    func labelsAreThoseOfTheConfig(condition: String, expected: Bool) throws {
        let image = try Self.image(["x"], [Self.variant(labels: ["env": "dev", "empty": ""])])
        #expect(try matches(condition, image: image) == expected)
    }

    /// Engines took several `label!=` as alternatives and removed what each alone protects.
    @Test func everyProtectingLabelProtects() throws {
        for label in ["keep", "prod"] {
            let image = try Self.image(["x"], [Self.variant(labels: [ExactText(label): "1"])])
            #expect(try !matches("label!=keep", "label!=prod", image: image))
        }
    }

    @Test func everyPlatformMustPass() throws {
        let image = try Self.image(["x"], [Self.variant(labels: ["env": "dev"]), Self.variant(labels: ["keep": "1"])])
        #expect(try !matches("label=env", image: image))
        #expect(try !matches("label!=keep", image: image))
        #expect(try matches("label!=other", image: image))
    }

    @Test func whatCannotBeReadHasAndLacksNoLabel() throws {
        let image = try Self.image(["x"], [])
        #expect(try !matches("label=a", image: image))
        #expect(try !matches("label!=a", image: image))
        #expect(try !matches("until=0s", image: image))
    }

    @Test(arguments: [("dangling=true", true), ("dangling=0", false), ("dangling=false", false), ("dangling=true|false", true)])
    func anImageWithoutANameDangles(condition: String, expected: Bool) throws {
        #expect(try matches(condition, image: Self.image([])) == expected)
    }

    @Test(arguments: [
        ("until=24h", "2020-01-01T00:00:00Z", true), ("until=2020-01-01Z", "2020-01-01T00:00:00Z", false),
        ("until=2020-01-01T00:00:01Z", "2020-01-01T00:00:00Z", true), ("until=1577836801", "2020-01-01T00:00:00Z", true),
        ("until=999999h", "2020-01-01T00:00:00Z", false), ("until=2019-01-01|24h", "2020-01-01T00:00:00Z", true),
    ])
    func untilComparesWithTheConfigsDate(condition: String, created: String, expected: Bool) throws {
        #expect(try matches(condition, image: Self.image(["x"], [Self.variant(created: created)])) == expected)
    }

    /// Reproducible images, made "in 1970", are often the newest ones.
    @Test(arguments: [
        nil, "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "2099-01-01T00:00:00Z", "not a date",
    ])
    func anUnknownDateIsNotOld(created: String?) throws {
        let image = try Self.image(["x"], [Self.variant(created: created)])
        for condition in ["until=1s", "until=0", "before=b", "since=b"] {
            let context = ImageFilter.Context(now: Self.now, created: ["b": Self.time(daysAgo: 1)])
            #expect(try !matches(condition, image: image, context: context), "\(condition)")
        }
    }

    @Test func theNewestPlatformDecidesAnImagesAge() throws {
        let image = try Self.image(["x"], [Self.variant(), Self.variant(created: "2026-12-31T00:00:00Z")])
        #expect(try !matches("until=2025-01-01", image: image))
        #expect(try !matches("until=1h", image: Self.image(["x"], [Self.variant(), Self.variant(created: nil)])))
    }

    @Test(arguments: [("imported<7d", true), ("imported<9d", false), ("used<1d", true), ("used<3d", false)])
    func momentsOfTheStoreAreLongerAgoThanASpan(condition: String, expected: Bool) throws {
        let image = try Self.image(["x"], imported: Self.time(daysAgo: 8), used: Self.time(daysAgo: 2))
        #expect(try matches(condition, image: image) == expected)
    }

    @Test(arguments: ["imported<1s", "used<1s"])
    func whatTheStoreDoesNotKnowIsNotLongAgo(condition: String) throws {
        #expect(try !matches(condition, image: Self.image()))
    }

    @Test func sizesAreUniqueBytes() throws {
        let known = ImageFilter.Context(now: Self.now, uniqueBytes: [Self.digest("manifest"): 500_000_001])
        #expect(try matches("size>500MB", image: Self.image(), context: known))
        #expect(try !matches("size>600MB", image: Self.image(), context: known))
        #expect(try !matches("size>0", image: Self.image()), "an unknown size is not large")
    }

    @Test func imagesAreComparedByWhenTheyWereMade() throws {
        let image = try Self.image(["x"], [Self.variant(created: Self.time(daysAgo: 5).description)])
        let context = ImageFilter.Context(
            now: Self.now, created: ["older": Self.time(daysAgo: 9), "newer": Self.time(daysAgo: 1)])
        #expect(try matches("before=newer", image: image, context: context))
        #expect(try !matches("before=older", image: image, context: context))
        #expect(try matches("since=older", image: image, context: context))
        #expect(try !matches("since=newer", image: image, context: context))
        #expect(try matches("since=newer|older", image: image, context: context))
        #expect(try !matches("before=unknown", image: image, context: context))
    }

    @Test(arguments: [
        ("", ImageFilterError.malformed("")), ("busybox", .malformed("busybox")), ("=x", .malformed("=x")),
        ("colour=red", .unknownKey("colour")), ("imported=7d", .wrongRelation(.imported, .equal)),
        ("size<5", .wrongRelation(.size, .less)), ("until<5d", .wrongRelation(.until, .less)),
        ("dangling!=true", .wrongRelation(.dangling, .notEqual)),
        ("dangling=maybe", .badValue(.dangling, value: "maybe", expected: .boolean)),
        ("until=soon", .badValue(.until, value: "soon", expected: .spanOrDate)),
        ("used<", .badValue(.used, value: "", expected: .spanOrDate)),
        ("size>10M", .badValue(.size, value: "10M", expected: .byteCount)),
        ("label=", .badValue(.label, value: "", expected: .label)),
        ("label==x", .badValue(.label, value: "=x", expected: .label)),
        ("ref=[", .badValue(.reference, value: "[", expected: .pattern)),
        ("ref=a||b", .badValue(.reference, value: "", expected: .pattern)),
        ("before=", .badValue(.before, value: "", expected: .image)),
    ])
    func whatIsNoConditionIsRefused(text: String, error: ImageFilterError) {
        #expect(throws: error) { try ImageFilter(parsing: [text]) }
    }

    @Test func aFilterSaysWhatItNeedsToKnow() throws {
        #expect(try ImageFilter(parsing: ["size>1", "before=a|b", "since=c"]).namedImages == ["a", "b", "c"])
        #expect(try ImageFilter(parsing: ["size>1"]).needsUniqueBytes)
        #expect(try !ImageFilter(parsing: ["before=a"]).needsUniqueBytes)
    }
}
