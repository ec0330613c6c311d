import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Reclamation
import SystemPackage
import TestSupport
import Testing

/// Plans that are carried out when the store is no longer as it was: what somebody means by then stays.
struct LatePlanTests {
    private static let now = Timestamp(seconds: 1_900_000_000)
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    private func signature(of subject: Descriptor) throws -> Descriptor {
        try made.document(
            [
                "schemaVersion": 2, "artifactType": "application/example",
                "config": try made.blob(Data("{}".utf8), MediaType.empty).json,
                "layers": [try made.blob(Data("signature".utf8), "application/example").json], "subject": subject.json,
            ], MediaType.manifest)
    }

    private func list(_ descriptor: Descriptor) throws {
        made.entries.append(descriptor)
        try made.setEntries(made.entries)
    }

    private func withStore<T>(_ body: (ImageStore) throws -> T) throws -> T {
        let store = try made.open()
        defer { store.catalog.close() }
        return try body(store)
    }

    private func plan(_ request: PruneRequest) throws -> ReclamationPlan {
        try withStore { store in
            let decision = PruneDecision(request, try StoreLook(store), now: Self.now)
            return decision.plan(id: PlanID(), generation: "")
        }
    }

    private func apply(_ plan: ReclamationPlan, at now: Timestamp = now) throws -> ReclamationOutcome {
        // As a file is passed on.
        let read = try decodeDocument(ReclamationPlan.self, from: plan.document)
        return try withStore { try PlanExecution($0, now: now).run(read) }
    }

    private var all: PrunePolicy { PrunePolicy.flags(filter: ImageFilter(), isAll: true) }

    @Test func aReferrerStaysWhereAnIndexThatCameSinceKeepsItsSubject() throws {
        let image = try made.addImage("a:1")
        let signature = try signature(of: image)
        try list(signature)
        let plan = try plan(PruneRequest(images: all))
        #expect(plan.victims.map(\.referrers) == [[signature]])
        try made.add("index:1", try made.document(["schemaVersion": 2, "manifests": [image.json]], MediaType.index))
        let outcome = try apply(plan)
        #expect(outcome.items.map(\.status) == [.removed])
        #expect(made.blobNames.contains(signature.digest.hex))
        #expect(try withStore { try $0.names().map(\.descriptor) }.contains(signature))
    }

    @Test func aReferrerOfAContainersImageStaysWithTheContainer() throws {
        let image = try made.addImage("a:1")
        let signature = try signature(of: image)
        made.entries = [signature]
        try made.setEntries(made.entries)
        try made.addContainer("c0ffee", image)
        let plan = try plan(PruneRequest(containers: ContainerSelection()))
        #expect(plan.victims.map(\.type) == [.container, .image])
        let lock = open("\(made.path)/containers/c0ffee", O_RDONLY | O_DIRECTORY)
        defer { close(lock) }
        try #require(lock >= 0 && flock(lock, LOCK_SH) == 0)
        let outcome = try apply(plan)
        #expect(outcome.items.map(\.status) == [.skipped, .skipped])
        #expect(outcome.items.last?.detail == "what it is about is kept")
        #expect(try withStore { try $0.names().map(\.descriptor) } == [signature])
        flock(lock, LOCK_UN)
        #expect(try apply(plan).items.map(\.status) == [.removed, .removed])
        #expect(made.blobNames == [])
    }

    @Test func theReferrersTagGoesByAPlanToo() throws {
        let image = try made.addImage("a:1")
        let signature = try signature(of: image)
        var tag = try made.document(["schemaVersion": 2, "manifests": [signature.json]], MediaType.index)
        tag.annotations = ["org.opencontainers.image.ref.name": image.digest.fileName]
        try list(tag)
        _ = try apply(try plan(PruneRequest(images: all)))
        #expect(try withStore { try $0.names() } == [])
        #expect(made.blobNames == [])
    }

    private func orphan() throws -> Digest { try made.blob(Data("orphan".utf8), MediaType.layer).digest }

    private func age(of digest: Digest, at now: Timestamp) throws -> Int64 {
        now.seconds - (try #require(try withStore { try $0.content.blobs.changeSeconds(of: digest) }))
    }

    @Test func anOrphanThatCameAgainSinceStays() throws {
        let orphan = try orphan()
        let plan = try plan(PruneRequest(leftovers: LeftoverSelection()))
        #expect(plan.victims.map(\.subject) == [.blob(orphan)])
        #expect(plan.minimumAgeSeconds == 3600)
        // As if another tool had written it a minute before.
        let soon = Timestamp(seconds: Self.now.seconds - (try age(of: orphan, at: Self.now)) + 60)
        let outcome = try apply(plan, at: soon)
        #expect(outcome.items.map(\.status) == [.skipped])
        #expect(outcome.items.first?.detail == "it has changed since")
        #expect(made.blobNames == [orphan.hex])
        #expect(try apply(plan).items.map(\.status) == [.removed])
    }

    @Test func anOrphanStaysWhileAnotherToolIsWriting() throws {
        let orphan = try orphan()
        let plan = try plan(PruneRequest(leftovers: LeftoverSelection(minimumAge: .zero)))
        try made.write("oci-put-blob123", Data("x".utf8))
        let age = try age(of: orphan, at: Self.now)
        var patient = plan
        patient.minimumAgeSeconds = age + 60
        let spared = try withStore { try PlanExecution($0, now: Self.now).run(patient, isJustMade: true) }
        #expect(spared.items.map(\.status) == [.skipped])
        #expect(spared.foreignWrite == "oci-put-blob123")
        #expect(made.blobNames == [orphan.hex])
        #expect(try apply(plan).items.map(\.status) == [.removed])
    }
}
