import Foundation
import OCISpec
import TestSupport
import Testing

/// Pushes to a registry that breaks off, forgets, is particular, or lies.
struct PushFaultTests {
    private typealias Reply = ScriptedRegistry.Reply

    /// A store with an image of one 3 MB layer, and an empty registry.
    private struct Scene {
        let bench: Workbench
        let image: ImageBuilder
        let registry: ScriptedRegistry
        var name: String { "\(registry.name)/a/b:1" }
        var blob: [UInt8] { image.layers[0].blob }

        init(_ script: @escaping ScriptedRegistry.Script = { _ in nil }) throws {
            bench = try Workbench()
            registry = try ScriptedRegistry(script: script)
            let tar = Tar([.file("f", size: 3_000_000, seed: 9)]).bytes
            let layer = BuiltLayer(
                tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
            image = ImageBuilder([layer], named: "\(registry.name)/a/b:1")
            try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        }

        func push(_ options: String...) throws -> Program.Outcome {
            try bench.program.run(["push", "-q", name, "--timeout", "2", "--retry", "4"] + options)
        }

        /// Pushes, and expects the registry to have all of it.
        func expectPushed(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let outcome = try push()
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            let content = registry.content
            #expect(content.documents["1"]?.bytes == (try image.manifest()), sourceLocation: sourceLocation)
            let hasLayer = content.blobs[image.layers[0].descriptor.digest.description] == blob
            #expect(hasLayer, sourceLocation: sourceLocation)
            #expect(content.blobs[sha256(try image.config()).description] == (try image.config()), sourceLocation: sourceLocation)
            #expect(bench.problems == [], sourceLocation: sourceLocation)
        }

        func expectRefused(naming text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
            expectSentence(try push(), naming: text, sourceLocation: sourceLocation)
            #expect(registry.content.documents.isEmpty, sourceLocation: sourceLocation)
            #expect(bench.problems == [], sourceLocation: sourceLocation)
        }

        var patches: [ScriptedRegistry.Request] {
            registry.requests("PATCH", containing: "/uploads/").filter { $0.body.count > 10_000 }
        }
    }

    @Test func everythingGoesUpAndTheTagLast() throws {
        let scene = try Scene()
        try scene.expectPushed()
        #expect(scene.registry.requests.last?.path == "/v2/a/b/manifests/1")
    }

    @Test func aPieceThatTheRegistryLostPartOfGoesOnFromThere() throws {
        let scene = try Scene()
        let registry = scene.registry
        registry.follow { [weak registry] request in
            guard let registry, request.method == "PATCH", request.body.count > 1_000_000, request.header("Content-Range") == nil
            else { return nil }
            // It keeps the first million bytes and fails.
            var cut = request
            cut.body = Array(request.body.prefix(1_000_000))
            _ = registry.proper(cut)
            return .status(500)
        }
        try scene.expectPushed()
        #expect(scene.patches.map { $0.header("Content-Range") ?? "" } == ["", "1000000-\(scene.blob.count - 1)"])
    }

    @Test func aRegistryThatTakesNoLargePiecesGetsSmallOnes() throws {
        let scene = try Scene { request in
            request.method == "POST" && request.path.hasSuffix("/uploads/")
                ? nil : request.body.count > 40_000_000 ? .status(413) : nil
        }
        try scene.expectPushed()
    }

    @Test func anUploadThatIsForgottenBeginsAnew() throws {
        let scene = try Scene { request in
            request.method == "PATCH" && request.body.count > 1_000_000 && request.path.hasSuffix("u0") ? .status(404) : nil
        }
        let registry = scene.registry
        registry.follow { request in
            let isOfLayer = request.path.contains("/uploads/u0") || request.path.contains("/uploads/u1")
            return isOfLayer && request.body.count > 1_000_000 || (isOfLayer && request.method == "GET") ? .status(404) : nil
        }
        let outcome = try scene.push()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let isWhole = registry.content.blobs[scene.image.layers[0].descriptor.digest.description] == scene.blob
        #expect(isWhole)
    }

    @Test func aLostAnswerToTheLastRequestIsMadeGood() throws {
        let scene = try Scene()
        let registry = scene.registry
        registry.follow { [weak registry] request in
            guard let registry, request.method == "PUT", request.path.contains("/uploads/"), request.number == 0 else {
                return nil
            }
            _ = registry.proper(request)
            return Reply(raw: "")
        }
        try scene.expectPushed()
    }

    @Test(arguments: ["POST", "PATCH", "PUT"]) func aPassingErrorIsTriedAgain(method: String) throws {
        try Scene { $0.method == method && $0.number == 0 ? .status(503) : nil }.expectPushed()
    }

    @Test func aTokenThatRunsOutWithinAnUploadIsRenewed() throws {
        let tokens = try ScriptedRegistry { .status(200, body: #"{"token":"t\#($0.number)"}"#) }
        let realm = tokens.url + "/token"
        let scene = try Scene { request in
            let token = request.header("Authorization") ?? ""
            let isGood = token.hasPrefix("Bearer t") && !(request.method == "PATCH" && token == "Bearer t0")
            return isGood ? nil : .status(401, ("WWW-Authenticate", #"Bearer realm="\#(realm)",service="s""#))
        }
        try scene.expectPushed()
        #expect(tokens.requests.count == 2)
        #expect(tokens.requests.first?.query.contains("repository:a/b:pull,push") == true)
    }

    @Test func aRefusedManifestIsTold() throws {
        let scene = try Scene { request in
            request.path.contains("/manifests/") && request.method == "PUT"
                ? .status(400, body: #"{"errors":[{"code":"MANIFEST_INVALID","message":"I do not like it"}]}"#) : nil
        }
        try scene.expectRefused(naming: "I do not like it")
    }

    @Test func aBlobThatArrivesDamagedIsTold() throws {
        let scene = try Scene()
        let registry = scene.registry
        registry.follow { [weak registry] request in
            guard let registry, request.method == "PATCH" else { return nil }
            var damaged = request
            damaged.body[0] ^= 1
            return registry.proper(damaged)
        }
        try scene.expectRefused(naming: "400")
    }

    @Test func anotherDigestForAManifestIsTold() throws {
        let scene = try Scene { request in
            request.path.contains("/manifests/") && request.method == "PUT"
                ? .status(201, ("Docker-Content-Digest", "sha256:" + String(repeating: "0", count: 64))) : nil
        }
        try scene.expectRefused(naming: "0000000000")
    }

    @Test func anUploadElsewhereIsNotToldWhoAsks() throws {
        let other = try ScriptedRegistry { request in
            request.method == "PATCH" ? .status(202, ("Location", request.path)) : .status(201)
        }
        let url = other.url
        let scene = try Scene()
        let basic = PullFaultTests.basicOnly("me", "pass-word-1")
        scene.registry.follow { request in
            if let refusal = basic(request) { return refusal }
            return request.method == "POST" ? .status(202, ("Location", "\(url)/bucket/1")) : nil
        }
        let auth = Data("me:pass-word-1".utf8).base64EncodedString()
        let file = try scene.bench.file("auth.json", Data(#"{"auths":{"\#(scene.registry.name)":{"auth":"\#(auth)"}}}"#.utf8))
        let outcome = try scene.push("--authfile", file)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!other.requests.isEmpty)
        #expect(other.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func aServerThatNeverAnswersIsGivenUp() throws {
        let scene = try Scene { $0.method == "HEAD" ? Reply(isSilent: true) : nil }
        let outcome = try scene.bench.strata("push", "-q", scene.name, "--timeout", "0.5", "--retry", "1")
        expectSentence(outcome, naming: "no answer in time")
    }

    @Test func whatIsNotThereCannotBePushed() throws {
        let scene = try Scene()
        expectSentence(try scene.bench.strata("push", "-q", "\(scene.registry.name)/a/c:1"), naming: "/a/c:1")
    }

    @Test func aDigestIsNoNameToPushTo() throws {
        let scene = try Scene()
        let digest = String(repeating: "0", count: 64)
        let outcome = try scene.bench.strata("push", "-q", "\(scene.registry.name)/a/b@sha256:\(digest)")
        #expect(outcome.status == 2)
    }
}
