import Distribution
import Testing

@Suite struct AnswerTests {
    private func head(_ text: String) -> AnswerHead? {
        var reader = HeadReader()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let step = Array("\(line)\r\n".utf8).withUnsafeBytes { reader.take($0) }
            if case .complete(let head) = step { return head }
            if case .bad = step { return nil }
        }
        return nil
    }

    @Test func interimAnswersAreDropped() throws {
        let head = try #require(
            self.head("HTTP/1.1 100 Continue\nX: 1\n\nHTTP/1.1 201 Created\nLocation:  /x \nx-y: a\nX-Y: b\n\n"))
        #expect(head.status == 201)
        #expect(head.first("location") == "/x")
        #expect(head.all("X-y") == ["a", "b"])
        #expect(!head.isMultiplexed)
        #expect(self.head("HTTP/2 200\n\n")?.isMultiplexed == true)
    }

    @Test func whatIsNoHeadIsRefused() {
        #expect(head("SSH-2.0-OpenSSH\n\n") == nil)
        #expect(head("HTTP/1.1 abc\n\n") == nil)
        #expect(
            head("HTTP/1.1 200 OK\n" + String(repeating: "a: \(String(repeating: "b", count: 1000))\n", count: 300) + "\n") == nil
        )
    }

    @Test(arguments: [
        (#"{"errors":[{"code":"DENIED","message":"no"}]}"#, "", "DENIED: no"), (#"{"message":"no way"}"#, "", ": no way"),
        (#"{"error":"invalid_grant","error_description":"gone"}"#, "", "invalid_grant: gone"), (#""plain""#, "", ": plain"),
        (#"{"error":{"code":"X","message":"y"}}"#, "", "X: y"), ("quota is used up\n", "text/plain", ": quota is used up"),
        ("<html>page</html>", "", ""), ("page", "text/html", ""), ("", "", ""), ("[]", "", ""), ("{}", "", ""), ("7", "", ""),
        ("a\u{1B}[31mb\u{202E}c\nd", "", ": a [31mbc d"), (#"{"message":"a\u001b[31mb"}"#, "", ": a [31mb"), ("a\0b", "", ""),
    ]) func wordsOfAnErrorAreFound(body: String, type: String, expected: String) {
        let found = RegistryFault.read(Array(body.utf8), type: type, isStrict: false)
        #expect(found.map { "\($0.code): \($0.message)" }.joined(separator: "; ") == expected)
    }

    @Test func bytesThatAreNoTextAreNobodysWords() {
        #expect(RegistryFault.read([0xFF, 0xFE] + Array("text".utf8), type: "", isStrict: false) == [])
        #expect(RegistryFault.read([0x1F, 0x8B, 8, 0, 0], type: "", isStrict: false) == [])
        let long = Array(String(repeating: "ä", count: 5000).utf8)
        #expect(RegistryFault.read([97] + long, type: "", isStrict: false).count == 1, "a character at the limit is cut")
    }

    @Test(arguments: [
        "bad header Basic bWU6czNjcmV0", #"{"errors":[{"code":"X","message":"me:s3cret is not Basic bWU6czNjcmV0"}]}"#,
    ])
    func whatWasSentIsStruckOut(body: String) {
        let found = RegistryFault.read(
            Array(body.utf8), type: "", isStrict: false, hiding: ["Basic bWU6czNjcmV0", "bWU6czNjcmV0", "me:s3cret", "s3cret"])
        #expect(found.count == 1 && found[0].message.contains("***"))
        #expect(!found[0].message.contains("s3cret") && !found[0].message.contains("bWU6czNjcmV0"))
    }

    @Test func aLocationThatIsNotUTF8IsEscapedByteForByte() {
        var reader = HeadReader()
        for line in ["HTTP/1.1 307 x\r\n"] { _ = Array(line.utf8).withUnsafeBytes { reader.take($0) } }
        _ = (Array("Location: /a".utf8) + [0xE4] + Array("b\r\n".utf8)).withUnsafeBytes { reader.take($0) }
        guard case .complete(let head) = Array("\r\n".utf8).withUnsafeBytes({ reader.take($0) }) else {
            Issue.record("no head")
            return
        }
        #expect(head.first("Location") == "/a%E4b")
    }

    @Test func ofATokenServerOnlyTheSpecificationsErrorsAreShown() {
        #expect(RegistryFault.read(Array("secret".utf8), type: "", isStrict: true) == [])
        #expect(RegistryFault.read(Array(#"{"message":"secret"}"#.utf8), type: "", isStrict: true) == [])
        let body = Array(#"{"errors":[{"code":"UNAUTHORIZED"}]}"#.utf8)
        #expect(RegistryFault.read(body, type: "", isStrict: true) == [RegistryFault(code: "UNAUTHORIZED", message: "")])
    }

    @Test(arguments: [
        (
            "OpenSSL SSL_read: OpenSSL/3.0.1: error:0A00045C:SSL routines::tlsv13 alert certificate required",
            TLSReason.alert("certificate required")
        ),
        ("error:0A00010B:SSL routines::wrong version number", .noTLS), ("error:0A00009C:SSL routines::http request", .noTLS),
        ("error:0A000126:SSL routines::unexpected eof while reading", .ended),
        ("error:0A000410:SSL routines::sslv3 alert handshake failure", .alert("handshake failure")),
        ("error:0A00018A:SSL routines::dh key too small", .other("dh key too small")),
    ]) func causesOfTLSAreKnownByTheirNumber(message: String, reason: TLSReason) {
        #expect(TLSReason(message) == reason)
    }

    @Test func otherMessagesAreNoneOfTLS() { #expect(TLSReason("Recv failure: Connection reset by peer") == nil) }
}
