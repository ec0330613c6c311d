import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// Pulls from a registry that breaks off, lies, is busy, or says nothing.
struct PullFaultTests {
    private typealias Reply = ScriptedRegistry.Reply

    /// A scene in which the larger layer's deliveries go as `fault` has them, by their number.
    private func scene(_ fault: @escaping @Sendable (Int, Reply) -> Reply?) throws -> PullScene {
        let image = try PullScene.makeImage()
        let digest = image.layers[0].descriptor.digest.description
        let blob = image.layers[0].blob
        return try PullScene({ request in
            guard PullScene.isForLayer(request, digest) else { return nil }
            let from = request.header("Range").flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
            let proper =
                from == 0
                ? Reply(body: blob)
                : Reply(
                    status: 206, headers: [("Content-Range", "bytes \(from)-\(blob.count - 1)/\(blob.count)")],
                    body: Array(blob[from...]))
            return fault(request.number, proper)
        })
    }

    private func ranges(_ scene: PullScene) -> [String] {
        scene.registry.requests("GET", containing: scene.layer.digest).map { $0.header("Range") ?? "" }
    }

    /// Expects that the second delivery, and what came after it, began where an earlier one that was cut at `limit` had come to.
    ///
    /// What was sent last before a connection ends need not arrive, so it may have come a little less far.
    private func expectResumed(_ scene: PullScene, cutAt limit: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        let found = ranges(scene)
        #expect(found.first == "", sourceLocation: sourceLocation)
        #expect(found.count > 1, sourceLocation: sourceLocation)
        for range in found.dropFirst() {
            let offset = Int(range.dropFirst("bytes=".count).dropLast()) ?? 0
            #expect(range.hasSuffix("-") && (1...limit).contains(offset), "\(found)", sourceLocation: sourceLocation)
        }
    }

    /// Bytes of the largest blob that is on its way into a store.
    private static func keptBytes(in store: String) -> Int {
        let files = FileManager.default.enumerator(atPath: store + "/ingest")?.compactMap { $0 as? String } ?? []
        return files.filter { $0.contains("sha256-") }.map { file in
            var status = stat()
            stat("\(store)/ingest/\(file)", &status)
            return Int(status.st_size)
        }.max() ?? 0
    }

    // MARK: connections that break

    @Test func aBlobThatIsCutGoesOnWhereItStopped() throws {
        let scene = try scene { number, reply in number == 0 ? reply.with { $0.cutAfter = 100_000 } : reply }
        try scene.expectPulled()
        expectResumed(scene, cutAt: 100_000)
    }

    @Test func aBlobThatIsCutAgainAndAgainComesAtLast() throws {
        let scene = try scene { number, reply in number < 6 ? reply.with { $0.cutAfter = 50_000 } : reply }
        try scene.expectPulled()
        #expect(ranges(scene).count == 7)
    }

    @Test func everyNewByteCounts() throws {
        let scene = try scene { number, reply in number < 5 ? reply.with { $0.cutAfter = 2000 } : reply }
        try scene.expectPulled()
        expectResumed(scene, cutAt: 10_000)
    }

    @Test func aServerThatIgnoresRangesIsReadFromTheBeginning() throws {
        let image = try PullScene.makeImage()
        let whole = Reply(body: image.layers[0].blob)
        let scene = try scene { number, reply in number == 0 ? reply.with { $0.cutAfter = 100_000 } : whole }
        try scene.expectPulled()
    }

    @Test func aRangeThatWasNotAskedForIsRefused() throws {
        let scene = try scene { number, reply in
            number == 0
                ? reply.with { $0.cutAfter = 100_000 } : reply.with { $0.headers = [("Content-Range", "bytes 5-400/400")] }
        }
        try scene.expectRefused(naming: "asked for bytes from ")
    }

    @Test func whatAFailedPullGotIsNotAskedForAgainByTheNextProcess() throws {
        let scene = try scene { number, reply in
            number == 0 ? reply.with { $0.cutAfter = 100_000 } : number < 4 ? .status(500) : reply
        }
        try scene.expectRefused(naming: "500")
        try scene.expectPulled()
        expectResumed(scene, cutAt: 100_000)
    }

    @Test func whatAKilledPullGotIsNotAskedForAgainByTheNextProcess() throws {
        let scene = try scene { number, reply in number == 0 ? reply.with { $0.stallAfter = 300_000 } : reply }
        let pull = try scene.bench.program.start(["pull", scene.name])
        let store = scene.bench.store
        while pull.isRunning, Self.keptBytes(in: store) < 200_000 { usleep(5000) }
        pull.signal(SIGKILL)
        _ = try pull.wait()
        let kept = Self.keptBytes(in: store)
        #expect(kept >= 200_000)
        try scene.expectPulled()
        #expect(ranges(scene) == ["", "bytes=\(kept)-"])
    }

    @Test func keptBytesThatAreWrongAreFetchedAnew() throws {
        let wrong = [UInt8](repeating: 7, count: 100_000)
        let scene = try scene { number, reply in
            number == 0
                ? reply.with {
                    $0.body.replaceSubrange(0..<100_000, with: wrong); $0.cutAfter = 150_000
                }
                : number < 4 ? .status(500) : reply
        }
        try scene.expectRefused(naming: "500")
        try scene.expectPulled("--no-index")
    }

    // MARK: a server that is busy

    @Test func aRetryAfterInSecondsIsWaitedFor() throws {
        let scene = try scene { number, reply in number == 0 ? .status(429, ("Retry-After", "1")) : reply }
        try scene.expectPulled()
        let moments = scene.registry.requests("GET", containing: scene.layer.digest).map(\.moment)
        #expect(moments.count == 2)
        #expect(moments[1].timeIntervalSince(moments[0]) >= 0.99)
    }

    @Test func aRetryAfterThatIsADateIsWaitedFor() throws {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let scene = try scene { number, reply in
            number == 0 ? .status(503, ("Retry-After", format.string(from: Date(timeIntervalSinceNow: 3)))) : reply
        }
        try scene.expectPulled()
        let moments = scene.registry.requests("GET", containing: scene.layer.digest).map(\.moment)
        #expect(moments.count == 2)
        #expect(moments[1].timeIntervalSince(moments[0]) >= 1)
    }

    @Test(arguments: [408, 429, 500, 502, 503, 504]) func aPassingErrorIsTriedAgain(status: Int) throws {
        try scene { number, reply in number == 0 ? .status(status) : reply }.expectPulled()
    }

    @Test func anErrorThatStaysIsToldAfterTheTriesThereAre() throws {
        let scene = try PullScene({ request in
            request.path.contains("/manifests/") && request.method == "GET"
                ? .status(503, body: #"{"errors":[{"code":"UNAVAILABLE","message":"down for repair"}]}"#) : nil
        })
        let errors = try scene.expectRefused(naming: "503")
        #expect(errors.contains("down for repair"))
        #expect(scene.registry.requests("GET", containing: "/manifests/").count == 3)
    }

    @Test func anErrorForGoodIsNotTriedAgain() throws {
        let scene = try scene { _, _ in .status(404) }
        try scene.expectRefused(naming: "404")
        #expect(ranges(scene).count == 1)
    }

    // MARK: bytes that are not what they should be

    @Test(arguments: [[], ["--no-index"]]) func otherBytesAreRefused(options: [String]) throws {
        let scene = try scene { _, reply in reply.with { $0.body[200_000] ^= 1 } }
        let outcome = try scene.bench.program.run(["pull", "-q", scene.name] + options)
        expectSentence(outcome, naming: scene.layer.digest)
        #expect(try scene.bench.imageNames() == [])
        #expect(scene.bench.names("blobs/sha256").allSatisfy { !scene.layer.digest.hasSuffix($0) })
    }

    @Test func aBodyThatSaysItIsTooShortIsRefused() throws {
        let scene = try scene { _, reply in reply.with { $0.body = Array($0.body.prefix(1000)) } }
        try scene.expectRefused(naming: "has 1000 bytes")
    }

    @Test func aBodyThatSaysItIsTooLongIsRefused() throws {
        let scene = try scene { _, reply in reply.with { $0.body.append(0) } }
        try scene.expectRefused(naming: "is longer than the")
    }

    @Test func aBodyThatOnlyProvesTooLongIsRefused() throws {
        let scene = try scene { _, reply in
            reply.with { reply in
                reply.body += [1, 2, 3]
                reply.isChunked = true
            }
        }
        try scene.expectRefused(naming: "is longer than the")
    }

    @Test func aBodyWithoutALengthIsFine() throws {
        try scene { _, reply in reply.with { $0.isChunked = true } }.expectPulled()
    }

    @Test func aWrongDigestInAHeaderHasNoSay() throws {
        let scene = try PullScene()
        let manifest = try scene.image.manifest()
        scene.registry.follow { request in
            guard request.path.contains("/manifests/") else { return nil }
            return Reply(
                headers: [
                    ("Content-Type", MediaType.manifest),
                    ("Docker-Content-Digest", "sha256:" + String(repeating: "0", count: 64)),
                ], body: manifest)
        }
        try scene.expectPulled()
    }

    // MARK: redirects

    @Test func anotherHostIsNotToldWhoAsks() throws {
        let image = try PullScene.makeImage()
        let blob = image.layers[0].blob
        let other = try ScriptedRegistry { _ in Reply(body: blob) }
        let url = other.url
        let scene = try scene { _, _ in .status(307, ("Location", "\(url)/elsewhere?signature=very-secret")) }
        try scene.logIn(user: "me", secret: "pass-word-1")
        scene.registry.follow { [script = Self.basicOnly("me", "pass-word-1")] request in
            if let refusal = script(request) { return refusal }
            return request.path.hasSuffix(image.layers[0].descriptor.digest.description)
                ? .status(307, ("Location", "\(url)/elsewhere?signature=very-secret")) : nil
        }
        try scene.expectPulled()
        #expect(other.requests.count == 1)
        #expect(other.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    @Test func aSecretOfARedirectIsNotShown() throws {
        let other = try ScriptedRegistry { _ in .status(403) }
        let url = other.url
        let scene = try scene { _, _ in .status(307, ("Location", "\(url)/elsewhere?signature=very-secret")) }
        let errors = try scene.expectRefused(naming: "403", "--verbose")
        #expect(!errors.contains("very-secret"))
    }

    @Test func redirectsInACircleEnd() throws {
        let scene = try PullScene()
        let url = scene.registry.url
        scene.registry.follow { $0.path.contains("/manifests/") ? .status(302, ("Location", "\(url)\($0.path)")) : nil }
        try scene.expectRefused(naming: "is not followed")
    }

    static func basicOnly(_ user: String, _ secret: String) -> ScriptedRegistry.Script {
        let right = "Basic " + Data("\(user):\(secret)".utf8).base64EncodedString()
        return { request in
            request.header("Authorization") == right ? nil : .status(401, ("WWW-Authenticate", #"Basic realm="test""#))
        }
    }

    // MARK: documents

    @Test func aCompressedManifestIsRead() throws {
        let scene = try PullScene()
        let compressed = try Compressor.gzip(try scene.image.manifest(), "-n")
        scene.registry.follow { request in
            guard request.path.contains("/manifests/"), request.method == "GET" else { return nil }
            return Reply(headers: [("Content-Type", MediaType.manifest), ("Content-Encoding", "gzip")], body: compressed)
        }
        try scene.expectPulled()
    }

    @Test func aHugeManifestIsRefused() throws {
        let huge =
            Array(#"{"schemaVersion":2,"config":{},"x":""#.utf8) + [UInt8](repeating: 97, count: 40_000_000) + Array(#""}"#.utf8)
        let scene = try PullScene { request in
            request.path.contains("/manifests/") ? Reply(headers: [("Content-Type", MediaType.manifest)], body: huge) : nil
        }
        try scene.expectRefused(naming: "are read at most")
        #expect(scene.registry.requests("GET", containing: "/blobs/").isEmpty)
    }

    @Test(arguments: [
        "application/vnd.docker.distribution.manifest.v1+prettyjws", "application/json",
    ]) func schemaOneIsRefusedByName(type: String) throws {
        let old = Array(#"{"schemaVersion":1,"name":"a/b","tag":"1","fsLayers":[],"history":[]}"#.utf8)
        let scene = try PullScene { request in
            request.path.contains("/manifests/") ? Reply(headers: [("Content-Type", type)], body: old) : nil
        }
        #expect(try scene.expectRefused(naming: "schema 1").contains("hint: "))
    }

    @Test func anIndexWithoutThePlatformSaysWhatThereIs() throws {
        let scene = try PullScene { _ in
            nil
        } _: { content in
            var entries: [Descriptor] = []
            for platform in [Platform(os: "linux", architecture: "s390x"), Platform(os: "windows", architecture: "amd64")] {
                var entry = try PullScene.makeImage().descriptor()
                entry.platform = platform
                entries.append(entry)
            }
            content.add(try encodeDocument(ImageIndex(manifests: entries)), type: MediaType.index, tag: "1")
        }
        let errors = try scene.expectRefused(naming: "has no image for linux/arm64", "--platform", "linux/arm64")
        #expect(errors.contains("linux/s390x") && errors.contains("windows/amd64"))
    }

    @Test func anArtifactIsNoImage() throws {
        let scene = try PullScene { _ in
            nil
        } _: { content in
            let config = Descriptor(mediaType: "application/vnd.cncf.helm.config.v1+json", digest: sha256([1]), size: 1)
            let manifest = ImageManifest(config: config, layers: [])
            content.add(try encodeDocument(manifest), type: MediaType.manifest, tag: "1")
        }
        try scene.expectRefused(naming: "is an artifact")
    }

    @Test func garbageInPlaceOfAManifestIsRefused() throws {
        let scene = try PullScene { request in
            request.path.contains("/manifests/")
                ? Reply(headers: [("Content-Type", "text/html")], body: Array("<html>hello</html>".utf8)) : nil
        }
        try scene.expectRefused(naming: scene.name)
    }

    // MARK: silence

    @Test func aServerThatNeverAnswersIsGivenUp() throws {
        let scene = try PullScene { $0.path.contains("/manifests/") ? Reply(isSilent: true) : nil }
        try scene.expectRefused(naming: "no answer in time", "--retry", "1", "--timeout", "1")
    }

    @Test func aBodyThatStopsComingIsAskedForAgain() throws {
        let scene = try scene { number, reply in number == 0 ? reply.with { $0.stallAfter = 100_000 } : reply }
        try scene.expectPulled("--timeout", "1")
        expectResumed(scene, cutAt: 100_000)
    }

    @Test func aBodyThatDripsIsGivenUp() throws {
        let scene = try scene { number, reply in
            reply.with { reply in
                reply.stallAfter = number == 0 ? 100_000 : 0
                reply.isDripping = true
            }
        }
        try scene.expectRefused(naming: "the transfer was too slow", "--timeout", "1")
        #expect(ranges(scene).count <= 4)
    }

    @Test func anErrorOfOneLayerEndsTheOthers() throws {
        let scene = try PullScene()
        let small = scene.image.layers[1].descriptor.digest.description
        let large = scene.layer.digest
        let blob = scene.image.layers[0].blob
        let store = scene.bench.store
        scene.registry.follow { request in
            if request.path.hasSuffix(small) {
                // Not before a part of the large one is on the disk, whichever was asked for first and however busy the machine is.
                let deadline = Date(timeIntervalSinceNow: 100)
                while Self.keptBytes(in: store) < 50_000, Date() < deadline { usleep(5000) }
                if Date() >= deadline { Issue.record("the large layer was not fetched beside the small one") }
                return .status(404)
            }
            guard PullScene.isForLayer(request, large) else { return nil }
            return Reply(body: blob).with { reply in
                reply.stallAfter = 100_000
                reply.isDripping = true
            }
        }
        let outcome = try scene.bench.strata("pull", "-q", scene.name, "--timeout", "3600")
        expectSentence(outcome, naming: "404")
        #expect(scene.bench.ingestNames.count == 1, "what came of the large layer is gone")
    }

    @Test func whatIsNoHTTPIsRefused() throws {
        let scene = try PullScene { _ in Reply(raw: "220 mail.example ESMTP\r\n") }
        try scene.expectRefused(naming: scene.registry.name)
    }

    @Test func aServerThatHangsUpIsRefused() throws {
        let scene = try PullScene { _ in Reply(raw: "") }
        try scene.expectRefused(naming: scene.registry.name)
    }

    @Test func nobodyThereIsToldSo() throws {
        let bench = try Workbench()
        let silent = try SilentPort()
        let name = "127.0.0.1:\(silent.number)"
        expectSentence(try bench.strata("pull", "-q", "\(name)/a:1", "--retry", "1"), naming: name)
        withExtendedLifetime(silent) {}
    }
}
