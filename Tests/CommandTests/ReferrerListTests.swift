import Foundation
import OCISpec
import TestSupport
import Testing

/// What refers to images is listed with them: their signatures and inventories, by the registry's own list.
@Suite struct ReferrerListTests {
    /// An artifact about something; `number` tells it from others.
    private static func artifact(_ number: Int, about subject: Descriptor) throws -> [UInt8] {
        let empty = Descriptor(mediaType: "application/vnd.oci.empty.v1+json", digest: sha256(Array("{}".utf8)), size: 2)
        let layer = Descriptor(mediaType: "application/vnd.example.sbom", digest: sha256(Array("\(number)".utf8)), size: 1)
        return try encodeDocument(
            ImageManifest(config: empty, layers: [layer], artifactType: "application/vnd.example.sbom", subject: subject))
    }

    private static func descriptor(_ bytes: [UInt8]) -> Descriptor {
        Descriptor(mediaType: MediaType.manifest, digest: sha256(bytes), size: Int64(bytes.count))
    }

    private static func page(_ documents: [[UInt8]], next: String? = nil) throws -> ScriptedReply {
        let bytes = try encodeDocument(ImageIndex(manifests: documents.map(descriptor)))
        let reply = ScriptedReply(headers: [("Content-Type", MediaType.index)], body: bytes)
        guard let next else { return reply }
        return reply.with { $0.headers.append((name: "Link", value: "<\(next)>; rel=\"next\"")) }
    }

    /// A registry whose tags all stand for one image, and that has these documents besides; `lists` answers for a subject.
    private func scene(
        tags: [String] = ["1"], _ documents: [[UInt8]], _ lists: @escaping @Sendable (String) throws -> ScriptedReply?
    ) throws -> FleetScene {
        let first = try FleetScene.image(1).manifest()
        return try FleetScene([FleetScene.image(1)]) { request in
            let parts = request.path.split(separator: "/").map(String.init)
            if parts.count > 2, parts[parts.count - 2] == "referrers" {
                return (try? lists(parts[parts.count - 1] + (request.query.isEmpty ? "" : "?\(request.query)"))) ?? .status(404)
            }
            if parts.count > 2, parts[parts.count - 2] == "manifests" {
                let name = parts[parts.count - 1]
                let found = documents.first { sha256($0).description == name } ?? (tags.contains(name) ? first : nil)
                if let found {
                    return ScriptedReply(
                        headers: [("Content-Type", MediaType.manifest), ("Docker-Content-Digest", sha256(found).description)],
                        body: request.method == "HEAD" ? [] : found)
                }
            }
            return FleetScene.catalog(tags)(request)
        }
    }

    @Test func pagesAreFollowedAndWhatRefersToReferrersIsListedToo() throws {
        let image = try FleetScene.image(1).descriptor()
        let sbom = try Self.artifact(1, about: image)
        let other = try Self.artifact(2, about: image)
        let signature = try Self.artifact(3, about: Self.descriptor(sbom))
        let (first, third) = (image.digest.description, Self.descriptor(sbom).digest.description)
        let scene = try scene(tags: ["1", "2", "3"], [sbom, other, signature]) { subject in
            switch subject {
            case first: try Self.page([sbom], next: "/v2/a/b/referrers/\(first)?page=2")
            case "\(first)?page=2": try Self.page([other])
            case third: try Self.page([signature])
            default: try Self.page([])
            }
        }
        #expect(try scene.list().count == 3)
        #expect(scene.registry.requests("GET", containing: "/referrers/").isEmpty)
        let lines = try scene.list("--artifacts")
        #expect(lines.texts("error") == [])
        let artifacts = lines.filter { $0["artifactType"] != nil }
        #expect(artifacts.texts("subject") == [first, first, third].sorted())
        #expect(artifacts.texts("digest") == [sbom, other, signature].map { sha256($0).description }.sorted())
        #expect(artifacts.texts("tag") == [])
        // Three tags stand for one image: its list is asked for once, in two pages.
        #expect(scene.registry.requests("GET", containing: "/referrers/\(first)").count == 2)
    }

    @Test func whatRefersToTheImagesOfAnIndexIsListed() throws {
        let images = ["amd64", "arm64"].map { name in
            FleetScene.image(name.count).with { $0.platform = Platform(os: "linux", architecture: name) }
        }
        let index = try encodeDocument(
            ImageIndex(
                manifests: try images.map { image in
                    var entry = try image.descriptor()
                    entry.platform = image.platform
                    return entry
                }))
        let child = try images[1].descriptor()
        let signature = try Self.artifact(1, about: child)
        let scene = try FleetScene(images) { request in
            if request.path.hasSuffix("/referrers/\(child.digest)") { return try? Self.page([signature]) }
            if request.path.contains("/referrers/") { return try? Self.page([]) }
            let isIndex = request.path.hasSuffix("/manifests/multi") || request.path.hasSuffix("/manifests/\(sha256(index))")
            let isSignature = request.path.hasSuffix("/manifests/\(sha256(signature))")
            guard isIndex || isSignature else { return FleetScene.catalog(["multi"])(request) }
            let bytes = isIndex ? index : signature
            return ScriptedReply(
                headers: [
                    ("Content-Type", isIndex ? MediaType.index : MediaType.manifest),
                    ("Docker-Content-Digest", sha256(bytes).description),
                ], body: bytes)
        }
        let lines = try scene.list("--artifacts")
        #expect(lines.count == 3)
        #expect(lines.texts("subject") == [child.digest.description])
    }

    @Test(arguments: [(403, 1), (500, 2)])
    func aListThatIsRefusedIsToldAndOnceForARepository(status: Int, failures: Int) throws {
        let scene = try FleetScene(
            (1...2).map(FleetScene.image),
            FleetScene.catalog(["1", "2"]) { $0.path.contains("/referrers/") ? .status(status) : nil })
        let lines = try scene.list("--artifacts", "--concurrency", "1")
        #expect(lines.filter { $0["layers"] != nil }.count == 2)
        #expect(lines.texts("error").count == failures, "\(lines.texts("error"))")
        let retries = lines.filter { $0["error"] != nil }.map { $0["retry"] as? Bool }
        #expect(retries == Array(repeating: status == 500, count: failures))
    }

    @Test func aReferrerThatIsGoneKeepsNoOtherFromBeingListed() throws {
        let image = try FleetScene.image(1).descriptor()
        let lost = try Self.artifact(1, about: image)
        let kept = try Self.artifact(2, about: image)
        let first = image.digest.description
        let scene = try scene([kept]) { $0 == first ? try Self.page([lost, kept]) : try Self.page([]) }
        let lines = try scene.list("--artifacts")
        #expect(lines.texts("subject") == [first])
        let failure = lines.first { $0["error"] != nil }
        #expect(failure?["digest"] as? String == sha256(lost).description && failure?["retry"] as? Bool == false)
    }
}
