import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Reclamation
import TestSupport
import Testing

/// What is about something else lives as long as that, and goes with it.
struct ReferrerTests {
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    /// A document about `subject`, with one blob of its own.
    private func referrer(of subject: Descriptor, _ text: String = "signature") throws -> Descriptor {
        try made.document(
            [
                "schemaVersion": 2, "artifactType": "application/example",
                "config": try made.blob(Data("{}".utf8), MediaType.empty).json,
                "layers": [try made.blob(Data(text.utf8), "application/example").json], "subject": subject.json,
            ], MediaType.manifest)
    }

    /// Lists documents without a name.
    private func list(_ descriptors: Descriptor...) throws {
        made.entries += descriptors
        try made.setEntries(made.entries)
    }

    private func look<T>(_ body: (StoreLook) throws -> T) throws -> T {
        let store = try made.open()
        defer { store.catalog.close() }
        return try body(try StoreLook(store))
    }

    private func dangling() throws -> [Digest] {
        try look { look in look.images.filter(\.isDangling).flatMap(\.entries).map(\.descriptor.digest) }
    }

    @Test func aReferrerOfAnImageIsNotDanglingAndNoImage() throws {
        let image = try made.addImage("a:1")
        let signature = try referrer(of: image)
        try list(signature)
        try look { look in
            #expect(look.images.count == 1)
            #expect(look.referrers.isReferrerOfPresent(signature))
            #expect(look.kept.contains(.blob(signature.digest)))
            #expect(look.graph.diskBytes(of: .image(look.images[0].digest)) == Int64(6 * 4096 + 4096))
        }
    }

    @Test func itGoesWithTheLastNameOfItsSubject() throws {
        let image = try made.addImage("a:1")
        let other = try made.add("a:2", image)
        try list(try referrer(of: image))
        #expect(try made.release([image]).entries == [image])
        try made.release([other])
        #expect(try made.open().names() == [])
        #expect(made.blobNames == [])
    }

    @Test func aReferrersReferrerGoesWithIt() throws {
        let image = try made.addImage("a:1")
        let signature = try referrer(of: image)
        let countersignature = try referrer(of: signature, "second")
        try list(countersignature, signature)
        #expect(try dangling() == [])
        try made.release([image])
        #expect(made.blobNames == [])
    }

    @Test func aReferrerOfAnIndexOrOfOneOfItsImagesGoesWithTheIndex() throws {
        let image = try made.addImage("a:1")
        made.entries = []
        let index = try made.document(["schemaVersion": 2, "manifests": [image.json]], MediaType.index)
        let named = try made.add("index:1", index)
        try list(try referrer(of: index), try referrer(of: image, "of the platform's"))
        #expect(try dangling() == [])
        try made.release([named])
        #expect(made.blobNames == [])
        #expect(try made.open().names() == [])
    }

    @Test func itStaysWhileAnotherImageLeadsToItsSubject() throws {
        let image = try made.addImage("a:1")
        let index = try made.document(["schemaVersion": 2, "manifests": [image.json]], MediaType.index)
        let named = try made.add("index:1", index)
        let signature = try referrer(of: image)
        try list(signature)
        try made.release([image])
        #expect(made.blobNames.contains(signature.digest.hex))
        #expect(try dangling() == [])
        try made.release([named])
        #expect(made.blobNames == [])
    }

    @Test func itStaysWhileAContainerNeedsItsSubject() throws {
        let image = try made.addImage("a:1")
        let signature = try referrer(of: image)
        try list(signature)
        try made.addContainer("c1", image)
        try made.release([image])
        #expect(try made.open().names().map(\.descriptor.digest) == [signature.digest])
        #expect(try dangling() == [])
    }

    @Test func oneWhoseSubjectIsNotThereIsDangling() throws {
        let absent = Descriptor(mediaType: MediaType.manifest, digest: sha256(Data("absent".utf8)), size: 7)
        let signature = try referrer(of: absent)
        let second = try referrer(of: signature, "second")
        try list(second, signature)
        #expect(try dangling() == [signature.digest])
        try made.release([signature])
        #expect(made.blobNames == [])
    }

    @Test func aReferrerWithANameOrAPinIsKeptForItsOwnSakeAndKeepsItsSubject() throws {
        let image = try made.addImage("a:1")
        let named = try made.add("signature:1", try referrer(of: image))
        try list(try referrer(of: image, "pinned").pinned(true))
        try made.release([image])
        #expect(made.blobNames.count == 8)
        try made.release([named])
        #expect(made.blobNames.count == 6)
    }

    @Test func theReferrersTagGoesWithWhatItIsAbout() throws {
        let image = try made.addImage("a:1")
        let signature = try referrer(of: image)
        var list = try made.document(["schemaVersion": 2, "manifests": [signature.json]], MediaType.index)
        list.annotations = ["org.opencontainers.image.ref.name": image.digest.fileName]
        try self.list(signature, list)
        #expect(try look { $0.images.count } == 1)
        try made.release([image])
        #expect(made.blobNames == [])
        #expect(try made.open().names() == [])
    }

    /// As cosign calls them, in a layout or in a repository of their own image.
    @Test(arguments: ["", "localhost/a:"], [".sig", ".att", ".sbom"])
    func whatAToolNamedAfterADigestGoesWithThat(repository: String, suffix: String) throws {
        let image = try made.addImage("a:1")
        var attached = try made.document(
            [
                "schemaVersion": 2, "config": try made.blob(Data("{}".utf8), MediaType.config).json,
                "layers": [try made.blob(Data("x".utf8), "application/vnd.dev.cosign.simplesigning.v1+json").json],
            ], MediaType.manifest)
        attached.annotations = ["org.opencontainers.image.ref.name": "\(repository)\(image.digest.fileName)\(suffix)"]
        var stranger = attached
        stranger.annotations = [
            "org.opencontainers.image.ref.name": "\(repository)\(sha256(Data("absent".utf8)).fileName)\(suffix)"
        ]
        try list(attached, stranger)
        try look { look in
            #expect(look.images.map { $0.names.map(\.familiar) }.count == 2)
            #expect(look.referrers.isReferrerOfPresent(attached) && !look.referrers.isReferrerOfPresent(stranger))
        }
        #expect(try dangling() == [])
        try made.release([image])
        #expect(try made.open().names().map(\.descriptor) == [stranger])
    }

    /// As mirrors name what they copied by digest.
    @Test func aNameOfItsOwnDigestIsAName() throws {
        let image = try made.addImage("a:1")
        let index = try made.document(["schemaVersion": 2, "manifests": [image.json]], MediaType.index)
        let named = try made.add("index:1", index)
        let mirrored = try made.add("index:\(index.digest.fileName)", index)
        try made.release([named])
        #expect(try made.open().names().map(\.descriptor).contains(mirrored))
    }

    @Test func aPlanTakesReferrersWithTheLastOfWhatKeepsTheirSubject() throws {
        let image = try made.addImage("a:1")
        let index = try made.document(
            ["schemaVersion": 2, "manifests": [image.json], "annotations": ["n": "1"]], MediaType.index)
        let other = try made.addImage("b:1")
        try made.add("index:1", try made.document(["schemaVersion": 2, "manifests": [index.json, other.json]], MediaType.index))
        let signature = try referrer(of: index)
        try list(signature)
        let store = try made.open()
        var builder = PlanBuilder(try StoreLook(store))
        for image in try StoreLook(store).images { builder.remove(image.digest, reason: "test") }
        let plan = builder.plan(id: try #require(PlanID("0123456789ab")), generation: "", trash: .zero)
        #expect(plan.victims.filter { $0.referrers.contains(signature) }.count == 1)
        let outcome = try PlanExecution(store, now: Timestamp(seconds: 1)).run(plan)
        #expect(outcome.freedBytes == outcome.predictedBytes)
        #expect(made.blobNames == [])
        #expect(try store.names() == [])
    }

    @Test func aChainOfManyIsNoNestingWithoutEnd() throws {
        let image = try made.addImage("a:1")
        var chain = [image]
        for number in 0..<40 { chain.append(try referrer(of: chain[number], "\(number)")) }
        for descriptor in chain.dropFirst().reversed() { try list(descriptor) }
        #expect(try look { $0.graph.unreadable } == [])
        #expect(try dangling() == [])
        let outcome = try made.release([image])
        #expect(outcome.unreadable == [])
        #expect(made.blobNames == [])
    }
}
