import Foundation
import OCISpec
import TestSupport
import Testing

/// What counts of an answer and what is shown of it: digests go before labels, and a refusal is told in the server's words.
struct RegistryAnswerTests {
    private typealias Reply = ScriptedReply

    // MARK: labels of an encoding

    @Test(arguments: ["x-gzip", "gzip", "aws-chunked", "br", "identity", "binary", "gzip, aws-chunked", ""])
    func aBlobsLabelDecidesNothing(label: String) throws {
        let scene = try PullScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.path.contains("/blobs/") else { return nil }
            return registry.proper(request).with { $0.headers.append(("Content-Encoding", label)) }
        }
        try scene.expectPulled("--retry", "1")
    }

    @Test func layersAreAskedForAsTheyAre() throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let wanted = scene.registry.requests("GET", containing: scene.layer.digest).map {
            $0.header("Accept-Encoding") ?? "identity"
        }
        #expect(wanted == ["identity"])
    }

    @Test func aBlobThatReallyCameCompressedIsNotTaken() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        let squeezed = try Compressor.gzip(scene.image.layers[0].blob, "-n")
        scene.registry.follow {
            PullScene.isForLayer($0, digest) ? Reply(headers: [("Content-Encoding", "gzip")], body: squeezed) : nil
        }
        try scene.expectRefused(naming: digest, "--retry", "1")
    }

    @Test(arguments: ["gzip", "x-gzip"]) func aDocumentThatIsCompressedIsRead(label: String) throws {
        let scene = try PullScene()
        let squeezed = try Compressor.gzip(try scene.image.manifest(), "-n")
        scene.registry.follow { request in
            guard request.path.contains("/manifests/") else { return nil }
            // A HEAD has the same header as a GET, and no body.
            return Reply(headers: [("Content-Type", MediaType.manifest), ("Content-Encoding", label)], body: squeezed)
        }
        try scene.expectPulled("--retry", "1")
    }

    @Test(arguments: ["gzip", "x-gzip", "deflate", "aws-chunked", "br", "utf-8", "identity"])
    func aDocumentThatIsNotCompressedIsReadWhateverItsLabel(label: String) throws {
        let scene = try PullScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.path.contains("/manifests/") else { return nil }
            return registry.proper(request).with { $0.headers.append(("Content-Encoding", label)) }
        }
        try scene.expectPulled("--retry", "1")
    }

    // MARK: the server's words

    /// Bodies of refusals, and what of them is to be shown.
    static let bodies = [
        ("quota of project x is used up", "quota of project x is used up"),
        ("  two\nlines \r\n", "two"),
        (#"{"message":"the client may not do this"}"#, "the client may not do this"),
        (#"{"error":"no such team"}"#, "no such team"),
        (#"{"error":{"code":403,"message":"billing is off"}}"#, "billing is off"),
        (#"{"errors":[{"message":"only words"}]}"#, "only words"),
        (#"{"errors":[{"code":"DENIED","message":"","detail":"see the wiki"}]}"#, "see the wiki"),
        (#"{"errors":["bare text"]}"#, "bare text"),
        (#"{"errors":[{"code":"DENIED","message":"one"},{"code":"DENIED","message":"two"}]}"#, "two"),
        (#"{"status":403,"detail":"by policy 7","title":"Forbidden"}"#, "by policy 7"),
        (#""a string""#, "a string"),
    ]

    @Test(arguments: bodies) func whatTheRegistrySaysIsShown(body: String, words: String) throws {
        let scene = try PullScene { _ in .status(403, body: body) }
        #expect(try scene.expectRefused(naming: "403", "--retry", "1").contains(words))
    }

    @Test(arguments: bodies) func whatTheRegistrySaysOfABlobIsShown(body: String, words: String) throws {
        let scene = try PullScene { $0.path.contains("/blobs/") ? .status(403, body: body) : nil }
        #expect(try scene.expectRefused(naming: "403", "--retry", "1").contains(words))
    }

    @Test(arguments: ["POST", "PATCH", "PUT"]) func whatTheRegistrySaysOfAnUploadIsShown(method: String) throws {
        let scene = try PushScene { $0.method == method ? .status(403, body: "quota of project x is used up") : nil }
        expectSentence(try scene.push("--retry", "1"), naming: "quota of project x is used up")
    }

    @Test(arguments: [
        ("text/html", "<!DOCTYPE html><html><body>Please log in</body></html>"), ("text/html; charset=utf-8", "Please log in"),
        ("text/plain", "  <html><body>Please log in</body></html>"), ("", "<HTML>Please log in</HTML>"),
    ]) func aPageIsNotShown(type: String, page: String) throws {
        let scene = try PullScene { _ in .status(403, ("Content-Type", type), body: page) }
        let errors = try scene.expectRefused(naming: "403", "--retry", "1")
        #expect(!errors.contains("log in"), "\(errors)")
    }

    @Test(arguments: ["\u{1b}[31mred\u{1b}[0m\u{7}\u{8}\u{9b}2J end", #"{"message":"\u001b[31mred\u0007\u0000 end"}"#])
    func controlCharactersDoNoHarm(body: String) throws {
        let scene = try PullScene { _ in .status(403, body: body) }
        let errors = try scene.expectRefused(naming: "403", "--retry", "1")
        #expect(errors.contains("red") && errors.contains("end"))
        let isHarmless = errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
        #expect(isHarmless, "\(errors.debugDescription)")
    }

    @Test func aLongTextIsShortened() throws {
        let scene = try PullScene { _ in .status(403, body: "beginning " + String(repeating: "word ", count: 20_000)) }
        let errors = try scene.expectRefused(naming: "403", "--retry", "1")
        #expect(errors.contains("beginning"))
        #expect(errors.count < 2000)
    }

    @Test(arguments: [204, 206, 300, 304]) func theBytesOfABlobAreNotTheRegistrysWords(status: Int) throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { request in
            guard PullScene.isForLayer(request, digest) else { return nil }
            return Reply(
                status: status, headers: [("Content-Range", "bytes 7-16/400000")],
                body: status == 204 || status == 304 ? [] : Array("bytes-of-it".utf8))
        }
        let errors = try scene.expectRefused(naming: digest, "--retry", "1")
        #expect(!errors.contains("bytes-of-it"), "\(errors)")
    }

    @Test func aPartThatIsAllIsTaken() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, PullScene.isForLayer(request, digest) else { return nil }
            let whole = registry.proper(request)
            return whole.with {
                $0.status = 206
                $0.headers = [("Content-Range", "bytes 0-\(whole.body.count - 1)/\(whole.body.count)")]
            }
        }
        try scene.expectPulled()
    }

    @Test(arguments: ["text/plain", "application/json"]) func theLoginThatWasSentIsNotShown(type: String) throws {
        let scene = try PullScene { request in
            guard let sent = request.header("Authorization") else {
                return .status(401, ("WWW-Authenticate", #"Basic realm="x""#))
            }
            let login = Data(base64Encoded: String(sent.dropFirst("Basic ".count))) ?? Data()
            let words = "bad header Authorization: \(sent) of \(String(decoding: login, as: UTF8.self))"
            let body = type == "text/plain" ? words : #"{"errors":[{"code":"DENIED","message":"\#(words)"}]}"#
            return .status(403, ("Content-Type", type), body: body)
        }
        try scene.logIn(user: "me", secret: "pass-word-1")
        let errors = try scene.expectRefused(naming: "bad header", "--retry", "1")
        #expect(!errors.contains("pass-word-1"), "\(errors)")
        #expect(!errors.contains(Data("me:pass-word-1".utf8).base64EncodedString()), "\(errors)")
    }

    @Test func bytesThatAreNoTextDoNoHarm() throws {
        let noise = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let scene = try PullScene { _ in Reply(status: 403, body: noise) }
        let errors = try scene.expectRefused(naming: "403", "--retry", "1")
        let isHarmless = errors.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
        #expect(isHarmless)
    }

    @Test func anIndexWhoseManifestIsMissingNamesThat() throws {
        let image = try PullScene.makeImage()
        var entry = try image.descriptor()
        entry.platform = Platform(os: "linux", architecture: "amd64")
        let index = try encodeDocument(ImageIndex(manifests: [entry]))
        let digest = entry.digest.description
        let scene = try PullScene { _ in
            nil
        } _: { content in
            content.add(index, type: MediaType.index, tag: "1")
            content.documents[digest] = nil
        }
        let errors = try scene.expectRefused(naming: digest, "--retry", "1", "--platform", "linux/amd64")
        #expect(!errors.contains("check the name"), "\(errors)")
    }
}
