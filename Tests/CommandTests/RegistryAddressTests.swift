// https://www.rfc-editor.org/rfc/rfc3986, https://www.rfc-editor.org/rfc/rfc9110#field.location

import Foundation
import OCISpec
import TestSupport
import Testing

/// Where a server says to go on: its addresses go back as they came.
struct RegistryAddressTests {
    private typealias Reply = ScriptedReply

    /// Addresses after the host, as a `Location` has them.
    static let targets = [
        #"/p?sig=a%2Bb%3D&cd=attachment;filename="x""#,
        "/p?sig=a+b/c==&at=2024-01-01T00:00:00Z",
        "/a%2Fb/%7euser/%41?q=%e4%f6",
        "/bucket//blob?X-Amz-Credential=me%2F20240101%2Fus-east-1",
        "/p?x=1?y=2&z=a%20b&empty=&bare",
        "/p?list[]=1&set={a|b}^`c`",
        "/p?100%&%zz",
        "/p;v=1.0,(x)'!$*@:~?a:b@c",
        "/größe?ä=ö",
    ]

    /// The target with the characters escaped that an address may not have, by hexadecimal digits of this `format`.
    private static func escaped(_ target: String, _ format: String) -> String {
        target.utf8.map { byte in
            let isOdd = byte <= 0x20 || byte >= 0x7f || #""<>\^`{|}"#.utf8.contains(byte)
            return isOdd ? "%" + String(format: format, byte) : String(UnicodeScalar(byte))
        }.joined()
    }

    /// Expects an address back as it came, or with nothing but the odd characters escaped.
    private func expectSame(_ found: String?, _ target: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let isSame = [target, Self.escaped(target, "%02X"), Self.escaped(target, "%02x")].contains(found)
        #expect(isSame, "\(found ?? "nothing") came for \(target)", sourceLocation: sourceLocation)
    }

    /// A scene whose larger layer is asked for at `far` once the registry has said that it is at `location`.
    private func redirected(_ location: @escaping @Sendable (_ far: ScriptedServer) -> String) throws -> (
        PullScene, ScriptedServer
    ) {
        let blob = try PullScene.makeImage().layers[0].blob
        let far = try ScriptedServer { _ in Reply(body: blob) }
        let scene = try PullScene()
        let digest = scene.layer.digest
        let place = location(far)
        scene.registry.follow { request in
            PullScene.isForLayer(request, digest) ? .status(307, ("Location", place)) : nil
        }
        return (scene, far)
    }

    // MARK: redirects

    @Test(arguments: targets) func aRedirectIsFollowedAsItCame(target: String) throws {
        let (scene, far) = try redirected { $0.url + target }
        try scene.expectPulled()
        #expect(far.requests.count == 1)
        expectSame(far.requests.first?.target, target)
    }

    @Test func aFragmentIsNotSent() throws {
        let (scene, far) = try redirected { "\($0.url)/p?a=1#part" }
        try scene.expectPulled()
        #expect(far.requests.map(\.target) == ["/p?a=1"])
    }

    @Test func aRedirectMayLeaveTheSchemeOut() throws {
        let (scene, far) = try redirected { "//\($0.name)/p?a=%2B" }
        try scene.expectPulled()
        #expect(far.requests.map(\.target) == ["/p?a=%2B"])
    }

    @Test func aSchemeMayBeWrittenInCapitals() throws {
        let (scene, far) = try redirected { "HTTP://\($0.name)/p" }
        try scene.expectPulled()
        #expect(far.requests.map(\.target) == ["/p"])
    }

    @Test(arguments: [
        ("/elsewhere/x?a=%2B", "/elsewhere/x?a=%2B"), ("other?a=1", "/v2/a/b/blobs/other?a=1"),
        ("../other", "/v2/a/b/other"), ("?a=%3D", "/v2/a/b/blobs/DIGEST?a=%3D"),
    ]) func aRedirectMayBeRelative(location: String, target: String) throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        let blob = scene.image.layers[0].blob
        let expected = target.replacingOccurrences(of: "DIGEST", with: digest)
        scene.registry.follow { request in
            if request.target == expected { return Reply(body: blob) }
            return PullScene.isForLayer(request, digest) ? .status(307, ("Location", location)) : nil
        }
        try scene.expectPulled()
        #expect(scene.registry.requests.contains { $0.target == expected })
    }

    @Test(arguments: ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "not an address://"])
    func anAddressThatLeadsNowhereIsTold(location: String) throws {
        let (scene, _) = try redirected { _ in location }
        try scene.expectRefused(naming: scene.registry.name, "--retry", "1")
    }

    // MARK: uploads

    /// A scene whose registry says otherwise where an upload goes on: `place` gets the path that was asked for and the one to
    /// go on at.
    private func uploads(
        _ place: @escaping @Sendable (_ asked: String, _ next: String, _ registry: ScriptedRegistry) -> String
    ) throws -> PushScene {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.path.contains("/uploads/"), request.method != "PUT" else { return nil }
            return registry.proper(request).with { reply in
                reply.headers = reply.headers.map { header in
                    header.name == "Location" ? (name: header.name, value: place(request.path, header.value, registry)) : header
                }
            }
        }
        return scene
    }

    private func queries(_ scene: PushScene, _ method: String) -> [String] {
        scene.registry.requests(method, containing: "/uploads/").map(\.query)
    }

    @Test(arguments: [
        "_state=abc%2Bd%3D%3D&UploadOffset=0", "_state=a+b/c==", "X-Amz=a%2Fb%20c", "a=1?b", #"a="x""#,
    ]) func anUploadsQueryStaysAsItIs(query: String) throws {
        let scene = try uploads { _, path, _ in "\(path)?\(query)" }
        try scene.expectPushed()
        for found in queries(scene, "PATCH") { expectSame(found, query) }
        for found in queries(scene, "PUT") {
            let parts = found.components(separatedBy: "&digest=sha256")
            #expect(parts.count == 2, "\(found)")
            expectSame(parts.first, query)
        }
    }

    @Test func anUploadWithoutAQueryGetsItsDigestAsOne() throws {
        let scene = try uploads { _, path, _ in path }
        try scene.expectPushed()
        #expect(queries(scene, "PUT").allSatisfy { $0.hasPrefix("digest=sha256") })
    }

    @Test func anUploadsPlaceMayBeRelative() throws {
        // Beside the address that was asked for; the same one is no more than its query.
        let scene = try uploads { asked, next, _ in
            asked == next ? "?_state=2" : "\(next.split(separator: "/").last ?? "")?_state=1"
        }
        try scene.expectPushed()
        #expect(Set(queries(scene, "PATCH")) == ["_state=1"])
        #expect(queries(scene, "PUT").allSatisfy { $0.hasPrefix("_state=2&digest=") })
    }

    @Test func anUploadsPlaceMayBeAWholeAddressWithAFragment() throws {
        let scene = try uploads { _, path, registry in "\(registry.url)\(path)?_state=1#x" }
        try scene.expectPushed()
        #expect(scene.registry.requests.allSatisfy { !$0.target.contains("#") })
        #expect(queries(scene, "PUT").allSatisfy { $0.hasPrefix("_state=1&digest=") })
    }

    @Test func aUserWithinAnUploadsPlaceIsNotUsed() throws {
        let scene = try uploads { _, path, registry in "http://mallory:pw@\(registry.name)\(path)" }
        try scene.expectPushed()
        #expect(scene.registry.requests.allSatisfy { $0.header("Authorization") == nil })
    }

    // MARK: what a range says

    @Test(arguments: ["0-0", "0-", "bytes=0-99", "none of it", "", "0-99999999999999999999", "5-2", "-1", "0-12345678"])
    func aRangeAfterWhatWasTakenDecidesNothing(range: String) throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.method == "PATCH" else { return nil }
            return registry.proper(request).with { reply in
                reply.headers = reply.headers.filter { $0.name != "Range" } + [(name: "Range", value: range)]
            }
        }
        try scene.expectPushed("--retry", "1")
        #expect(scene.registry.requests("PATCH", containing: "/uploads/").count == 3)
    }

    @Test func noRangeAtAllIsFine() throws {
        let scene = try PushScene()
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, request.method == "PATCH" else { return nil }
            return registry.proper(request).with { $0.headers = $0.headers.filter { $0.name != "Range" } }
        }
        try scene.expectPushed("--retry", "1")
        #expect(scene.registry.requests("PATCH", containing: "/uploads/").count == 3)
    }
}
