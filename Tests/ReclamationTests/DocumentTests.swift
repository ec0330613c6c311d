import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// What is believed of documents, and what is done when one cannot be read.
struct DocumentTests {
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    private func unreadable() throws -> [Digest] {
        let store = try made.open()
        defer { store.catalog.close() }
        return try StoreLook(store).graph.unreadable.map(\.digest)
    }

    private func rewrite(_ digest: Digest, _ change: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: made.blobPath(digest))
        var bytes = try Data(contentsOf: url)
        change(&bytes)
        let file = try FileHandle(forWritingTo: url)
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: bytes)
        try file.close()
    }

    // What is remembered

    @Test func aFileThatWasRewrittenIsReadAnew() throws {
        let image = try made.addImage("a:1")
        #expect(try unreadable() == [])
        try rewrite(image.digest) { $0[$0.count - 2] ^= 1 }
        #expect(try unreadable() == [image.digest])
    }

    @Test func aFileThatTookTheOthersPlaceIsReadAnew() throws {
        let image = try made.addImage("a:1")
        #expect(try unreadable() == [])
        let path = made.blobPath(image.digest)
        var before = stat()
        #expect(stat(path, &before) == 0)
        let other = made.folder.path("other")
        try Data(count: Int(before.st_size)).write(to: URL(fileURLWithPath: other))
        var times = [before.st_atim, before.st_mtim]
        #expect(utimensat(AT_FDCWD, other, &times, 0) == 0)
        #expect(rename(other, path) == 0)
        #expect(try unreadable() == [image.digest])
    }

    @Test func aFileThatIsAsItWasIsNotReadAgain() throws {
        let image = try made.addImage("a:1")
        #expect(try unreadable() == [])
        let path = made.blobPath(image.digest)
        var before = stat()
        #expect(stat(path, &before) == 0)
        try rewrite(image.digest) { $0[$0.count - 2] ^= 1 }
        var times = [before.st_atim, before.st_mtim]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        // What no status tells is for `fsck` to find.
        #expect(try unreadable() == [])
    }

    @Test func aDocumentThatWentIsNotBelievedToBeThere() throws {
        let image = try made.addImage("a:1")
        #expect(try unreadable() == [])
        unlink(made.blobPath(image.digest))
        #expect(try unreadable() == [image.digest])
    }

    // What a document is asked as

    @Test(arguments: [false, true], [false, true])
    func aManifestThatAnotherCallsItsConfigKeepsItsLayers(isFirst: Bool, isAlsoAConfig: Bool) throws {
        let layer = try made.blob(Data("layer".utf8), MediaType.layer)
        let config = try made.config([])
        var fields: [String: Any] = ["schemaVersion": 2, "config": config.json, "layers": [layer.json]]
        if isAlsoAConfig { fields["rootfs"] = ["type": "layers", "diff_ids": [String]()] }
        let hidden = try made.document(fields, MediaType.manifest)
        var asConfig = hidden.json
        asConfig["mediaType"] = MediaType.config
        let other = try made.document(["schemaVersion": 2, "config": asConfig, "layers": [[String: Any]]()], MediaType.manifest)
        try made.setEntries(isFirst ? [other, hidden] : [hidden, other])
        for _ in 0..<2 {
            let store = try made.open()
            var marking = Marking(DocumentReader(store))
            for entry in isFirst ? [other, hidden] : [hidden, other] { marking.visit(entry) }
            #expect(marking.reached.contains(.blob(layer.digest)))
            #expect(marking.reached.contains(.blob(config.digest)))
            #expect(try StoreLook(store).kept.contains(.blob(layer.digest)))
            store.catalog.close()
        }
    }

    @Test(arguments: ["application/octet-stream", MediaType.index]) func anEntryIsWhatTheDocumentSays(type: String) throws {
        let image = try made.addImage("a:1")
        var entry = image
        entry.mediaType = type
        try made.setEntries([entry])
        #expect(DiskUsage(try StoreLook(try made.open()), now: PruneBench.now).orphans == [])
    }

    // What cannot be read

    enum Damage: CaseIterable {
        case entryAbsent, entryTorn, entryNoJSON, entryThatContradictsItself, configAbsent, configTorn, childTorn, nestedIndexTorn
        case subjectTorn, containerAbsent, aDirectoryInItsPlace
    }

    private func damage(_ kind: Damage) throws -> Digest {
        let image = try made.addImage("broken:1")
        let path = made.blobPath(image.digest)
        switch kind {
        case .entryAbsent: unlink(path)
        case .entryTorn: try rewrite(image.digest) { $0.removeLast() }
        case .entryNoJSON: return try made.add("bad:1", try made.blob(Data("{".utf8), MediaType.manifest)).digest
        case .entryThatContradictsItself:
            let fields: [String: Any] = ["schemaVersion": 2, "mediaType": MediaType.index, "layers": [[String: Any]]()]
            return try made.add("bad:1", try made.document(fields, MediaType.index)).digest
        case .configAbsent, .configTorn:
            let config = try made.configDigest(of: image)
            if kind == .configAbsent { unlink(made.blobPath(config)) } else { try rewrite(config) { $0.removeLast() } }
            return config
        case .childTorn, .nestedIndexTorn:
            var child = image
            if kind == .nestedIndexTorn {
                child = try made.document(["schemaVersion": 2, "manifests": [image.json]], MediaType.index)
            }
            try made.add("index:1", try made.document(["schemaVersion": 2, "manifests": [child.json]], MediaType.index))
            made.entries.removeAll { $0.digest == image.digest }
            try made.setEntries(made.entries)
            try rewrite(child.digest) { $0.removeLast() }
            return child.digest
        case .subjectTorn:
            try made.add(
                "referrer:1",
                try made.document(
                    [
                        "schemaVersion": 2, "artifactType": "application/example", "config": try made.config([]).json,
                        "layers": [[String: Any]](), "subject": image.json,
                    ], MediaType.manifest))
            made.entries.removeAll { $0.digest == image.digest }
            try made.setEntries(made.entries)
            try rewrite(image.digest) { $0.removeLast() }
        case .containerAbsent:
            made.entries.removeAll { $0.digest == image.digest }
            try made.setEntries(made.entries)
            try made.addContainer("c1", image)
            unlink(path)
        case .aDirectoryInItsPlace:
            unlink(path)
            mkdir(path, 0o755)
        }
        return image.digest
    }

    @Test(arguments: Damage.allCases)
    func whileADocumentCannotBeReadNothingIsDeletedAndItIsNamed(kind: Damage) throws {
        let victim = try made.addImage("victim:1")
        let digest = try damage(kind)
        let blobs = made.blobNames
        #expect(try unreadable() == [digest])
        let usage = DiskUsage(try StoreLook(try made.open()), now: PruneBench.now)
        #expect(usage.images().allSatisfy { $0.image.imageID == digest || $0.freesBytes == 0 || !$0.image.isImage })
        #expect(usage.lines.filter { [.images, .layers, .orphaned].contains($0.kind) }.allSatisfy { $0.reclaimableBytes == 0 })
        let outcome = try made.release([victim])
        #expect(outcome.unreadable.map(\.digest) == [digest])
        #expect(outcome.removed == [])
        #expect(outcome.entries == [victim])
        #expect(made.blobNames == blobs)
        #expect(made.trashNames == [])
    }

    @Test func thePlatformsThatWereNeverFetchedKeepNothingFromGoing() throws {
        let victim = try made.addImage("victim:1")
        let absent = Descriptor(mediaType: MediaType.manifest, digest: sha256(Data("absent".utf8)), size: 7)
        try made.add("index:1", try made.document(["schemaVersion": 2, "manifests": [absent.json]], MediaType.index))
        let outcome = try made.release([victim])
        #expect(outcome.unreadable == [])
        #expect(outcome.removed.contains(.blob(victim.digest)))
    }

    @Test func removingTheImageThatCannotBeReadLetsTheRestGo() throws {
        let broken = try made.addImage("broken:1")
        try rewrite(broken.digest) { $0.removeLast() }
        let outcome = try made.release([broken])
        #expect(outcome.unreadable == [])
        #expect(outcome.removed == [.blob(broken.digest)])
    }

    // Hostile documents

    @Test func nestingWithoutEndIsToldAndNothingIsDeleted() throws {
        let victim = try made.addImage("victim:1")
        var descriptor = try made.addImage("inner:1")
        for _ in 0..<300 {
            descriptor = try made.document(["schemaVersion": 2, "manifests": [descriptor.json]], MediaType.index)
        }
        try made.add("deep:1", descriptor)
        #expect(try unreadable().count == 1)
        let outcome = try made.release([victim])
        #expect(outcome.removed == [] && outcome.unreadable.count == 1)
    }

    @Test func subjectsWithoutEndAreTold() throws {
        var subject = try made.addImage("inner:1")
        for number in 0..<300 {
            subject = try made.document(
                [
                    "schemaVersion": 2, "config": try made.config([]).json, "layers": [[String: Any]](),
                    "subject": subject.json, "annotations": ["n": "\(number)"],
                ], MediaType.manifest)
        }
        try made.add("deep:1", subject)
        #expect(try unreadable().count == 1)
    }

    /// Each of twelve hundred indexes lists two of the next: as many paths as no machine could walk.
    @Test func everyDocumentIsAskedOnceHoweverManyPathsLeadToIt() throws {
        var children: [Descriptor] = [try made.addImage("inner:1")]
        for level in 0..<7 {
            children = try (0..<40).map { number in
                try made.document(
                    [
                        "schemaVersion": 2, "manifests": children.map(\.json), "annotations": ["n": "\(level) \(number)"],
                    ], MediaType.index)
            }
        }
        let store = try made.open()
        let documents = DocumentReader(store)
        var count = 0
        var marking = Marking { digest, kind in
            count += 1
            return documents.facts(digest, as: kind)
        }
        for root in children { marking.visit(root) }
        #expect(marking.unreadable == [])
        #expect(count == 7 * 40 + 2)
        let names = children.enumerated().map { NamedImage(name: .bare("n\($0)"), descriptor: $1) }
        #expect(Set(store.summaries(of: names, documents).map(\.imageID)).count == 1)
    }
}
