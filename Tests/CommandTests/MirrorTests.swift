import Foundation
import OCISpec
import TestSupport
import Testing

/// Mirrors that give something else: one that was wrong is passed over for the whole blob, since its bytes prove nothing.
struct MirrorTests {
    private typealias Reply = ScriptedReply

    /// What a mirror gives in place of a blob.
    enum Fault: CaseIterable, Sendable {
        case page, page404Later, flippedBit, flippedFirstBit, empty, tooShort, tooLong, cut, refused, missing

        /// The mirror's answer, by the one it should give.
        func apply(_ reply: ScriptedReply, _ number: Int) -> ScriptedReply {
            reply.with { reply in
                switch self {
                case .page: reply = .status(200, ("Content-Type", "text/html"), body: "<html>guest network</html>")
                case .page404Later:
                    reply = number == 0 ? .status(200, body: "<html>guest network</html>") : .status(404)
                case .flippedBit: reply.body[reply.body.count - 9] ^= 1
                case .flippedFirstBit: reply.body[0] ^= 1
                case .empty: reply.body = []
                case .tooShort: reply.body.removeLast(1000)
                case .tooLong: reply.body += [0]
                case .cut: reply = number == 0 ? reply.with { $0.cutAfter = 100_000 } : .status(500)
                case .refused: reply = .status(403)
                case .missing: reply = .status(404)
                }
            }
        }
    }

    /// A registry and its mirrors.
    private struct Scene {
        let origin: PullScene
        let mirrors: [ScriptedRegistry]
        let registries: String

        /// Mirrors that have the same image, and a larger layer as `faults` have it.
        init(_ faults: [Fault]) throws {
            origin = try PullScene()
            let digest = origin.layer.digest
            var content = ScriptedRegistry.Content()
            try content.add(origin.image, tag: "1")
            mirrors = try faults.map { fault in
                let mirror = try ScriptedRegistry(content)
                mirror.follow { [weak mirror] request in
                    guard let mirror, PullScene.isForLayer(request, digest) else { return nil }
                    return fault.apply(mirror.proper(request), request.number)
                }
                return mirror
            }
            let endpoints = mirrors.map { "\"\($0.url)\"" }.joined(separator: ", ")
            registries = try origin.bench.file(
                "registries.yaml", Data("mirrors: {\"\(origin.registry.name)\": {endpoint: [\(endpoints)]}}\n".utf8))
        }

        /// The ranges for which the larger layer was asked.
        func ranges(_ registry: ScriptedRegistry) -> [String] {
            registry.requests("GET", containing: origin.layer.digest).map { $0.header("Range") ?? "" }
        }
    }

    @Test(arguments: Fault.allCases) func aBlobThatAMirrorGivesWrongComesFromTheRegistry(fault: Fault) throws {
        let scene = try Scene([fault])
        try scene.origin.expectPulled("--registries", scene.registries)
        #expect(scene.ranges(scene.origin.registry) == [""], "the registry was not asked for the blob from its beginning")
    }

    @Test(arguments: Fault.allCases) func withoutAnIndexToo(fault: Fault) throws {
        let scene = try Scene([fault])
        try scene.origin.expectPulled("--registries", scene.registries, "--no-index")
        #expect(scene.ranges(scene.origin.registry) == [""])
    }

    @Test func theNextMirrorIsAskedBeforeTheRegistry() throws {
        let scene = try Scene([.flippedBit, .page, .missing])
        let good = try PullScene()
        let text = try String(contentsOfFile: scene.registries, encoding: .utf8)
        try text.replacingOccurrences(of: "]}", with: ", \"\(good.registry.url)\"]}").write(
            toFile: scene.registries, atomically: true, encoding: .utf8)
        try scene.origin.expectPulled("--registries", scene.registries)
        #expect(scene.ranges(good.registry) == [""])
        #expect(scene.origin.registry.requests.isEmpty)
    }

    @Test func whatAMirrorGaveWrongIsNotKeptForTheNextPull() throws {
        let scene = try Scene([.page])
        let digest = scene.origin.layer.digest
        scene.origin.registry.follow { PullScene.isForLayer($0, digest) ? .status(500) : nil }
        #expect(try scene.origin.pull("-q", "--registries", scene.registries, "--retry", "1").status == 3)
        scene.origin.registry.follow { _ in nil }
        try scene.origin.expectPulled("--registries", scene.registries)
        #expect(scene.ranges(scene.origin.registry).last == "")
    }

    @Test func whereNobodyHasTheRightBytesTheDigestIsTold() throws {
        let scene = try Scene([.flippedBit])
        let blob = scene.origin.image.layers[0].blob
        let digest = scene.origin.layer.digest
        scene.origin.registry.follow { request in
            PullScene.isForLayer(request, digest) ? Reply(body: blob).with { $0.body[7] ^= 1 } : nil
        }
        let outcome = try scene.origin.pull("-q", "--registries", scene.registries, "--retry", "1")
        expectSentence(outcome, naming: digest)
        #expect(try scene.origin.bench.imageNames() == [])
    }

    @Test(arguments: [
        ("text/html", "<html>guest network</html>"), ("application/json", "{}"), (MediaType.manifest, "{\"schemaVersion\":2}"),
        (MediaType.manifest, "no json"), (MediaType.manifest, ""),
    ]) func aMirrorThatHasSomethingElseForTheManifestIsPassedOver(type: String, body: String) throws {
        let scene = try Scene([.missing])
        scene.mirrors[0].follow { $0.path.contains("/manifests/") ? .status(200, ("Content-Type", type), body: body) : nil }
        try scene.origin.expectPulled("--registries", scene.registries)
    }
}
