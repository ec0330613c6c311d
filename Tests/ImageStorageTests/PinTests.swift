import ImageStorage
import OCISpec
import Testing

/// Pins are annotations of entries, and nothing that happens to names loses one.
struct PinTests {
    private func reference(_ text: String) throws -> Reference { try Reference(normalizing: text) }

    /// The names that are pinned; `nil` stands for a nameless entry.
    private func pinned(_ fixture: ImageFixture) throws -> [String?] {
        try fixture.images.names().filter(\.descriptor.isPinned).map(\.familiar)
    }

    private func isKept(_ fixture: ImageFixture, _ image: Descriptor) throws -> Bool {
        try fixture.images.summaries(DocumentReader(fixture.images)).first { $0.holds(image.digest) }?.isPinned ?? false
    }

    @Test func aNameIsPinnedAndUnpinned() throws {
        let fixture = try ImageFixture()
        try fixture.images.setNames([(try reference("a"), try fixture.image("1")), (try reference("b"), try fixture.image("2"))])
        try fixture.images.setPinned(true, ["a"])
        #expect(try pinned(fixture) == ["a:latest"])
        try fixture.images.setPinned(false, ["a"])
        #expect(try pinned(fixture) == [])
    }

    @Test func anIDPinsAllNames() throws {
        let fixture = try ImageFixture()
        let image = try fixture.image("1")
        try fixture.images.setNames([(try reference("a"), image), (try reference("b"), image)])
        try fixture.images.setPinned(true, [String(image.digest.hex.prefix(12))])
        #expect(try pinned(fixture) == ["a:latest", "b:latest"])
    }

    @Test func whereOneIsMissingNoneIsPinned() throws {
        let fixture = try ImageFixture()
        try fixture.images.setName(reference("a"), try fixture.image("1"))
        #expect(throws: ImageError.noSuchImage("nope")) { try fixture.images.setPinned(true, ["a", "nope"]) }
        #expect(try pinned(fixture) == [])
    }

    @Test func aFurtherNameIsNotPinned() throws {
        let fixture = try ImageFixture()
        try fixture.images.setName(reference("a"), try fixture.image("1"))
        try fixture.images.setPinned(true, ["a"])
        try fixture.images.tag("a", as: reference("b"))
        #expect(try pinned(fixture) == ["a:latest"])
    }

    @Test func aNameThatMovesLeavesThePinWithItsImage() throws {
        let fixture = try ImageFixture()
        let image = try fixture.image("1")
        try fixture.images.setName(reference("a"), image)
        try fixture.images.setPinned(true, ["a"])
        try fixture.images.setName(reference("a"), try fixture.image("2"))
        #expect(try pinned(fixture) == [nil])
        #expect(try isKept(fixture, image))
    }

    @Test func aPinnedEntryThatGoesLeavesItsPinToTheOther() throws {
        let fixture = try ImageFixture()
        let image = try fixture.image("1")
        try fixture.images.setNames([(try reference("a"), image), (try reference("b"), image)])
        try fixture.images.setPinned(true, ["a"])
        try fixture.images.setName(reference("a"), try fixture.image("2"))
        #expect(try pinned(fixture) == ["b:latest"])
        #expect(try isKept(fixture, image))
    }

    @Test func anotherStoresPinsDoNotComeAlong() throws {
        let fixture = try ImageFixture()
        try fixture.images.setName(reference("a"), try fixture.image("1").pinned(true))
        try fixture.images.setName(nil, try fixture.image("2").pinned(true))
        #expect(try pinned(fixture) == [])
    }

    @Test(arguments: [("true", true), ("1", true), ("false", false), ("", false)])
    func whatAnotherToolWroteIsObeyed(value: String, isPinned: Bool) throws {
        var descriptor = try ImageFixture().image("1")
        descriptor.annotations = [Descriptor.pinKey: value]
        #expect(descriptor.isPinned == isPinned)
    }
}
