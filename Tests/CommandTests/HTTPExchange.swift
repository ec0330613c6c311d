// https://www.rfc-editor.org/rfc/rfc9112

import Foundation

/// A request, with its whole body where that was waited for.
struct ScriptedRequest: Sendable {
    var method: String
    /// What was asked for, without the query: a path; for a proxy an address, or a host with a port.
    var path: String
    var query: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// How many requests of this method and path came before.
    var number: Int
    var moment: Date

    /// What was asked for, as it came.
    var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
}

/// An answer, and what goes wrong with it.
struct ScriptedReply: Sendable {
    var status = 200
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// The `Content-Length`; the body's own where it is nil.
    var declaredBytes: Int?
    var isChunked = false
    /// Bytes of the body after which the connection is closed.
    var cutAfter: Int?
    /// Bytes of the body after which nothing more comes.
    var stallAfter: Int?
    /// Whether after `stallAfter` bytes the rest comes after all, a byte now and then.
    var isDripping = false
    /// Whether not even a head comes.
    var isSilent = false
    /// What is sent in place of anything HTTP.
    var raw: String?
    /// Whether the connection is closed after the whole answer, which does not say so.
    var closesAfter = false
    /// Whether the connection is closed without a byte.
    var hangsUp = false
    /// Whether the answer has no length: its body ends with the connection.
    var isUnannounced = false
    /// Seconds before the answer.
    var delaySeconds = 0.0
    /// The port of this machine that a `CONNECT` leads to, after the answer's head.
    var tunnelPort: Int?

    func with(_ change: (inout ScriptedReply) -> Void) -> ScriptedReply {
        var copy = self
        change(&copy)
        return copy
    }

    static func status(_ status: Int, _ headers: (String, String)..., body: String = "") -> ScriptedReply {
        ScriptedReply(status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: Array(body.utf8))
    }
}

/// One connection on which requests come, one after another.
struct HTTPExchange {
    private static let maximumHeadBytes = 1 << 20

    let connection: LoopbackConnection
    private var buffer: [UInt8] = []
    private var start = 0
    /// How the request's body comes.
    private var framing = Framing.none

    private enum Framing {
        case none
        case length(Int)
        case chunked
    }

    init(_ connection: LoopbackConnection) { self.connection = connection }

    /// What has come and was not read.
    var rest: [UInt8] { Array(buffer[start...]) }

    // MARK: requests

    /// The next request's head; nil when none comes, or something else does.
    mutating func readHead() -> ScriptedRequest? {
        var lines: [String] = []
        while let line = readLine() {
            if line.isEmpty, lines.isEmpty { continue }
            if line.isEmpty { return head(lines) }
            // Anything but a method, such as the first byte of TLS.
            if lines.isEmpty, line.first?.isLetter != true { return nil }
            lines.append(line)
        }
        return nil
    }

    private mutating func head(_ lines: [String]) -> ScriptedRequest? {
        let words = lines[0].split(separator: " ").map(String.init)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return nil }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let request = ScriptedRequest(
            method: words[0], path: target[0], query: target.count > 1 ? target[1] : "", headers: headers, body: [], number: 0,
            moment: Date())
        framing =
            if request.header("Transfer-Encoding")?.lowercased().contains("chunked") == true {
                .chunked
            } else if let count = request.header("Content-Length").flatMap({ Int($0) }), count > 0 { .length(count) } else {
                .none
            }
        return request
    }

    /// The body of the request whose head was read last; nil when the connection ends before it.
    mutating func readBody() -> [UInt8]? {
        switch framing {
        case .none: return []
        case .length(let count): return read(count)
        case .chunked:
            var body: [UInt8] = []
            while let line = readLine(), let count = Int(line.prefix { $0.isHexDigit }, radix: 16) {
                if count == 0 {
                    while let trailer = readLine() { if trailer.isEmpty { return body } }
                    return nil
                }
                guard let chunk = read(count), readLine() == "" else { return nil }
                body += chunk
            }
            return nil
        }
    }

    private mutating func fill() -> Bool {
        guard let bytes = connection.receive() else { return false }
        buffer.removeSubrange(..<start)
        start = 0
        buffer += bytes
        return true
    }

    /// A line without its end; nil when none comes whole, or one that begins as no text does.
    private mutating func readLine() -> String? {
        while true {
            if let end = buffer[start...].firstIndex(of: 10) {
                var line = buffer[start..<end]
                start = end + 1
                if line.last == 13 { line.removeLast() }
                return String(decoding: line, as: UTF8.self)
            }
            if start < buffer.count, buffer[start] < 0x20, buffer[start] != 13 { return nil }
            guard buffer.count - start < Self.maximumHeadBytes, fill() else { return nil }
        }
    }

    private mutating func read(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while true {
            let wanted = min(count - bytes.count, buffer.count - start)
            bytes += buffer[start..<start + wanted]
            start += wanted
            if bytes.count == count { return bytes }
            guard fill() else { return nil }
        }
    }

    // MARK: answers

    /// Sends the answer; whether another request may follow.
    func send(_ reply: ScriptedReply, to request: ScriptedRequest) -> Bool {
        if reply.delaySeconds > 0, !connection.stays(forSeconds: reply.delaySeconds) { return false }
        if reply.hangsUp { return false }
        if reply.isSilent { return true }
        if let raw = reply.raw {
            connection.send(raw.utf8)
            return false
        }
        if let port = reply.tunnelPort {
            tunnel(reply, to: port)
            return false
        }
        let hasBody = request.method != "HEAD"
        let stop = reply.cutAfter ?? reply.stallAfter ?? reply.body.count
        var bytes = Array(head(reply).utf8)
        if hasBody { bytes += body(reply, reply.body.prefix(stop)) }
        guard connection.send(bytes) else { return false }
        guard hasBody else { return !reply.closesAfter && !reply.isUnannounced }
        if reply.isDripping, !drip(reply.body.dropFirst(stop)) { return false }
        return reply.cutAfter == nil && !reply.closesAfter && (!reply.isUnannounced || reply.stallAfter != nil)
    }

    private func head(_ reply: ScriptedReply) -> String {
        var text = "HTTP/1.1 \(reply.status) X\r\n"
        for header in reply.headers { text += "\(header.name): \(header.value)\r\n" }
        if reply.isChunked {
            text += "Transfer-Encoding: chunked\r\n"
        } else if reply.status != 204, !reply.isUnannounced, reply.tunnelPort == nil {
            text += "Content-Length: \(reply.declaredBytes ?? reply.body.count)\r\n"
        }
        return text + "\r\n"
    }

    private func body(_ reply: ScriptedReply, _ sent: ArraySlice<UInt8>) -> [UInt8] {
        guard reply.isChunked else { return Array(sent) }
        var bytes: [UInt8] = []
        if !sent.isEmpty { bytes = Array("\(String(sent.count, radix: 16))\r\n".utf8) + sent + Array("\r\n".utf8) }
        if reply.cutAfter == nil, reply.stallAfter == nil { bytes += Array("0\r\n\r\n".utf8) }
        return bytes
    }

    /// Sends these bytes, ten in a second, as long as somebody is there.
    private func drip(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { connection.stays(forSeconds: 0.1) && connection.send(CollectionOfOne($0)) }
    }

    private func tunnel(_ reply: ScriptedReply, to port: Int) {
        guard let other = connection.connect(to: port) else {
            _ = connection.send("HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n".utf8)
            return
        }
        connection.send(head(reply).utf8)
        connection.tunnel(to: other, first: rest)
        other.close()
    }
}
