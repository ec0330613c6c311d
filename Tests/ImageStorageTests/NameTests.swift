import ContentStorage
import Dispatch
import ImageStorage
import OCISpec
import TestSupport
import Testing

@Suite struct NameTests {
    let fixture: ImageFixture
    private let box = "docker.io/library/busybox:latest"

    init() throws {
        fixture = try ImageFixture()
    }

    @Test func aNameIsStoredFullAndInBothAnnotations() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        let entry = try #require(try fixture.images.content.index.read().manifests.first)
        #expect(entry.annotations == ["org.opencontainers.image.ref.name": box, "io.containerd.image.name": box])
    }

    @Test func sameNameAndDigestMakeNoDuplicate() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        try fixture.images.setName(reference("busybox:latest"), image)
        #expect(try fixture.references() == [box])
    }

    @Test func aNameThatMovesLeavesTheOldImageDangling() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        try fixture.images.setName(reference("busybox"), old)
        try fixture.images.setName(reference("busybox"), new)
        let names = try fixture.images.names()
        #expect(names.map(\.descriptor.digest) == [old.digest, new.digest])
        #expect(names.map(\.reference) == [nil, box])
        #expect(names[0].descriptor.annotations == nil)
    }

    @Test func aNameThatMovesLeavesNoDanglingWhereAnotherNameHolds() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        try fixture.images.setName(reference("busybox"), old)
        try fixture.images.setName(reference("busybox:1"), old)
        try fixture.images.setName(reference("busybox"), new)
        #expect(try fixture.references() == ["docker.io/library/busybox:1", box])
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func aNameThatMovesBackTakesTheDanglingEntry() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        for image in [old, new, old] { try fixture.images.setName(reference("busybox"), image) }
        #expect(try fixture.images.names().map(\.descriptor.digest) == [old.digest, new.digest])
        #expect(try fixture.references() == [box, "-"])
    }

    /// Swift compares texts by what they look like, other tools by their bytes.
    @Test func namesThatOnlyLookAlikeAreTwo() throws {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let (first, second) = (try fixture.image("first"), try fixture.image("second"))
        try fixture.edit { $0.manifests = [first.refNamed(composed), second.refNamed(decomposed)] }
        let names = try fixture.images.names()
        #expect(names.compactMap { $0.name?.text.utf8.count } == [5, 6])
        #expect(try fixture.images.resolve(composed).digest == first.digest)
        #expect(try fixture.images.resolve(decomposed).digest == second.digest)
        #expect(Set(names.map(\.name)).count == 2)
    }

    /// skopeo takes the annotation that it knows off the entry that had the name, wherever that stands, and knows no other.
    @Test(arguments: [true, false]) func theImageSpecsAnnotationHasTheNameBeforeContainerds(isEarlier: Bool) throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        var left = old
        left.annotations = ["io.containerd.image.name": box]
        let moved = new.refNamed(box)
        try fixture.edit { $0.manifests = isEarlier ? [moved, left] : [left, moved] }
        #expect(try fixture.images.resolve("busybox").digest == new.digest)
        let names = try fixture.images.names()
        #expect(names.first { $0.name != nil }?.descriptor == moved && names.count { $0.name == nil } == 1)
        // What has it by that alone has it, until another one takes it.
        try fixture.edit { $0.manifests = [left] }
        #expect(try fixture.references() == [box])
        try fixture.images.setName(reference("busybox"), new)
        #expect(try fixture.images.resolve("busybox").digest == new.digest)
        #expect(try fixture.references() == ["-", box])
    }

    @Test func oneImageMayHaveManyNames() throws {
        let image = try fixture.image("a")
        for name in ["a", "b", "c"] { try fixture.images.setName(reference(name), image) }
        #expect(try fixture.references().count == 3)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func aNamelessImportAddsOneEntryOnly() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(nil, image)
        try fixture.images.setName(nil, image)
        #expect(try fixture.references() == ["-"])
    }

    @Test func aNamelessImportOfANamedImageAddsNothing() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        try fixture.images.setName(nil, image)
        #expect(try fixture.references() == [box])
    }

    @Test func aNamelessImportDropsTheNameTheDescriptorBroughtAlong() throws {
        try fixture.images.setName(nil, try fixture.image("a").refNamed("theirs:1"))
        #expect(try fixture.references() == ["-"])
    }

    @Test func otherAnnotationsOfTheDescriptorStay() throws {
        var image = try fixture.image("a")
        image.annotations = ["org.example": "kept"]
        try fixture.images.setName(reference("busybox"), image)
        #expect(try fixture.images.names()[0].descriptor.annotations?["org.example"] == "kept")
    }

    @Test func severalNamesAreOneUpdate() throws {
        let image = try fixture.image("a")
        try fixture.images.setNames([(try reference("a"), image), (try reference("b"), image), (nil, image)])
        #expect(try fixture.references() == ["docker.io/library/a:latest", "docker.io/library/b:latest"])
    }

    @Test func aShortNameOfAnotherToolIsNormalised() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests.append(image.refNamed("busybox:latest")) }
        #expect(try fixture.references() == [box])
        try fixture.images.setName(reference("busybox"), image)
        #expect(try fixture.references() == [box])
    }

    @Test func aBareTagOfAnotherToolStaysAsItIs() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests.append(image.refNamed("latest")) }
        #expect(try fixture.references() == ["latest"])
    }

    @Test func dockersPairOfTagAndFullNameIsTheFullName() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests.append(image.refNamed("latest", imageName: box)) }
        #expect(try fixture.references() == [box])
    }

    @Test func aRetagOfAnotherToolIsObeyed() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests = [image.refNamed("v2", imageName: box)] }
        #expect(try fixture.references() == ["v2"])
        try fixture.edit { $0.manifests = [image.refNamed("other/image:3", imageName: box)] }
        #expect(try fixture.references() == ["docker.io/other/image:3"])
    }

    @Test func aRemovalByAnotherToolIsObeyed() throws {
        try fixture.images.setName(reference("busybox"), try fixture.image("a"))
        try fixture.edit { $0.manifests = [] }
        #expect(try fixture.references() == [])
    }

    @Test func theLaterOfTwoEntriesHasTheName() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        try fixture.images.setName(reference("busybox"), old)
        try fixture.edit { $0.manifests.append(new.refNamed("busybox:latest")) }
        #expect(try fixture.references() == ["-", box])
        #expect(try fixture.images.resolve("busybox").digest == new.digest)
    }

    @Test func aShadowedEntryDoesNotComeToLightAgain() throws {
        let (old, new, third) = (try fixture.image("old"), try fixture.image("new"), try fixture.image("third"))
        try fixture.images.setName(reference("busybox"), old)
        try fixture.edit { $0.manifests.append(new.refNamed("busybox:latest")) }
        try fixture.images.setName(reference("busybox"), third)
        #expect(try fixture.references() == ["-", "-", box])
    }

    @Test func anEntryThatAnotherToolMadeKeepsItsFields() throws {
        let (old, new) = (try fixture.image("old"), try fixture.image("new"))
        var theirs = old.refNamed("busybox:latest")
        theirs.annotations?["org.example"] = "kept"
        theirs.unknownFields = ["x-own": .bool(true)]
        try fixture.edit { [theirs] in $0.manifests.append(theirs) }
        try fixture.images.setName(reference("busybox"), new)
        let entry = try #require(try fixture.images.names().first?.descriptor)
        #expect(entry.annotations == ["org.example": "kept"])
        #expect(entry.unknownFields == ["x-own": .bool(true)])
    }

    @Test func manyWritersOfNamesLoseNone() throws {
        let image = try fixture.image("a")
        DispatchQueue.concurrentPerform(iterations: 6) { writer in
            do {
                let images = try fixture.reopened()
                for number in 0..<5 { try images.setName(reference("repo\(writer):\(number)"), image) }
            } catch {
                Issue.record(error)
            }
        }
        #expect(Set(try fixture.references()).count == 30)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }
}
