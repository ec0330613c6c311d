// https://distribution.github.io/distribution/spec/auth/jwt/

import Foundation
import TestSupport

/// A token server on this machine's loopback: everybody may pull, one user may push as well.
///
/// It ends with this object.
final class TokenServer: Sendable {
    static let user = "pusher"
    static let secret = "s3cret-password"
    private static let lifetime = 60.0

    private let folder: TemporaryDirectory
    private let server: ScriptedServer

    init() throws {
        let folder = try TemporaryDirectory()
        try Certificate.make(in: folder.path, "signer")
        self.folder = folder
        server = try ScriptedServer { TokenAnswer($0, folder.path).reply }
    }

    var realm: String { "\(server.url)/token" }
    /// What a registry needs to know the tokens by.
    var certificate: String { folder.path("signer.crt") }

    /// What the server says to one request.
    private struct TokenAnswer {
        private var status = 200
        private var body = ""

        var reply: ScriptedReply { .status(status, ("Content-Type", "application/json"), body: body) }

        init(_ request: ScriptedRequest, _ folder: String) {
            var user = ""
            if let authorization = request.header("Authorization") {
                guard authorization == "Basic \(Data("\(TokenServer.user):\(TokenServer.secret)".utf8).base64EncodedString())"
                else {
                    status = 401
                    return
                }
                user = TokenServer.user
            }
            let items = URLComponents(string: request.target)?.queryItems ?? []
            let scopes = items.filter { $0.name == "scope" }.flatMap { ($0.value ?? "").split(separator: " ") }
            let access = scopes.map { scope -> [String: Any] in
                let parts = scope.split(separator: ":").map(String.init)
                let wanted = (parts.last ?? "").split(separator: ",").map(String.init)
                return [
                    "type": "repository", "name": parts[1], "actions": user.isEmpty ? wanted.filter { $0 == "pull" } : wanted,
                ]
            }
            do { body = #"{"token": "\#(try Self.token(user, access, folder))", "expires_in": 60}"# } catch {
                status = 500
            }
        }

        private static func token(_ user: String, _ access: [[String: Any]], _ folder: String) throws -> String {
            let pem = try String(contentsOfFile: folder + "/signer.crt", encoding: .utf8)
            let certificate = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
            let now = Date().timeIntervalSince1970.rounded()
            let parts: [[String: Any]] = [
                ["typ": "JWT", "alg": "RS256", "x5c": [certificate]],
                [
                    "iss": "strata-test", "sub": user, "aud": "test", "exp": now + lifetime, "nbf": now - 10, "iat": now,
                    "jti": UUID().uuidString, "access": access,
                ],
            ]
            let text = try parts.map { encoded(try JSONSerialization.data(withJSONObject: $0)) }.joined(separator: ".")
            let signature = try Compressor.run(
                "openssl", ["dgst", "-sha256", "-sign", folder + "/signer.key"], on: Array(text.utf8))
            return text + "." + encoded(Data(signature))
        }

        private static func encoded(_ data: Data) -> String {
            data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
        }
    }
}
