// https://docs.docker.com/reference/api/engine/version-history/

import Foundation
package import OCISpec
import Synchronization

/// Why an engine did not answer over its socket.
package enum EngineAPIError: Error, Sendable {
    /// Nobody answers there.
    case network(socket: String, NetworkFailure)
    /// It refused; `message` is its own word, which may be empty.
    case refused(socket: String, path: String, status: Int, message: String)
    /// It has no image of that name or ID.
    case noSuchImage(socket: String, image: String)
    /// What it answered is not what its interface promises.
    case badAnswer(socket: String, path: String)
    /// The connections of this process cannot be used.
    case transport(DistributionError)
}

/// Speaks to an engine over a socket of this machine, by Docker's interface, which podman's service has too.
///
/// Its methods block; any number of threads may use one.
package final class EngineClient: Sendable {
    /// Where the engine listens.
    package let socket: String
    private let connections: Connections
    private let timeouts: Timeouts
    /// The version to speak, once it was asked for.
    private let spoken = Mutex<EngineAPIVersion?>(nil)

    /// The newest version of the interface that this program speaks.
    private static let newest = EngineAPIVersion(major: 1, minor: 47)
    /// A list of a thousand images has half a million bytes.
    private static let documentBytes = 64 << 20

    /// A client of the engine at a socket; nothing is sent yet.
    package init(socket: String, userAgent: String, silence seconds: Double = 10) {
        self.socket = socket
        var settings = NetworkSettings(environment: [:], userAgent: userAgent)
        settings.timeouts = Timeouts(silence: seconds)
        timeouts = settings.timeouts
        connections = Connections(settings)
    }

    /// What the engine says of itself.
    package func info() throws(EngineAPIError) -> EngineInfo {
        let path = "/v\(try version())/info"
        return try document(EngineInfo.self, path)
    }

    /// The version to speak: the older one of the engine's newest and ours.
    package func version() throws(EngineAPIError) -> EngineAPIVersion {
        if let known = spoken.withLock({ $0 }) { return known }
        let (head, _) = try get("/_ping", limit: 4096)
        guard let text = head.first("Api-Version"), let theirs = EngineAPIVersion(text) else {
            throw .badAnswer(socket: socket, path: "/_ping")
        }
        let version = min(theirs, Self.newest)
        spoken.withLock { $0 = version }
        return version
    }

    /// Gives an image as the archive that `docker save` writes, piece by piece in its order.
    ///
    /// Errors of `take` end it, and are thrown on.
    package func save(_ image: String, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let path = "/v\(try version())/images/\(Self.escaped(image))/get"
        // The engine may put the whole archive together before it sends the first byte.
        let (exchange, head) = try begin(.GET, path, isDecoding: false, within: timeouts.acknowledgement)
        defer { exchange.cancel() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        func readOn() throws(EngineAPIError) -> Int {
            do { return try exchange.read(into: buffer) } catch { throw .network(socket: socket, error.failure) }
        }
        guard (200...299).contains(head.status) else {
            if head.status == 404 { throw EngineAPIError.noSuchImage(socket: socket, image: image) }
            throw refusal(path, head, try collected(exchange, upTo: Self.documentBytes) ?? [])
        }
        while true {
            let count = try readOn()
            if count == 0 { return }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// What the engine has of an image now, by a name or an ID; nil where it has none of it.
    package func image(_ name: String) throws(EngineAPIError) -> EngineImageState? {
        let path = "/v\(try version())/images/\(Self.escaped(name))/json"
        do throws(EngineAPIError) { return try document(EngineImageState.self, path) } catch .refused(_, _, status: 404, _) {
            return nil
        }
    }

    /// Every container of the engine's, in whatever state.
    package func containers() throws(EngineAPIError) -> [EngineContainerState] {
        try document([EngineContainerState].self, "/v\(try version())/containers/json?all=1")
    }

    /// Takes a name from its image, which goes with its last one, or removes the image of an ID that has one name at most.
    ///
    /// Nothing is forced: what is in use, or has other names, the engine refuses. Images that this one was built on stay.
    package func removeImage(_ name: String) throws(EngineAPIError) {
        let path = "/v\(try version())/images/\(Self.escaped(name))?noprune=1"
        // The engine removes the layers before it answers.
        _ = try answer(.DELETE, path, limit: Self.documentBytes, within: timeouts.acknowledgement)
    }

    /// Removes a container that does not run, and leaves its volumes.
    package func removeContainer(_ id: String) throws(EngineAPIError) {
        let path = "/v\(try version())/containers/\(Self.escaped(id))"
        _ = try answer(.DELETE, path, limit: Self.documentBytes, within: timeouts.acknowledgement)
    }

    /// Removes one record of the build cache; false where the engine leaves it.
    package func removeBuildRecord(_ id: String) throws(EngineAPIError) -> Bool {
        // No more than the one: the engine takes whatever no filter rules out.
        guard !id.isEmpty, id.utf8.allSatisfy({ Self.ofRecords.contains($0) }) else { return false }
        let filters = "%7B%22id%22%3A%5B%22\(id)%22%5D%7D"
        let path = "/v\(try version())/build/prune?all=1&filters=\(filters)"
        let (_, body) = try answer(.POST, path, limit: Self.documentBytes, within: timeouts.acknowledgement)
        do throws(DocumentError) { return try decodeDocument(EnginePruned.self, from: body).records?.contains(id) == true } catch
        {
            throw .badAnswer(socket: socket, path: path)
        }
    }

    private static let ofRecords = Set("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Sends a request, and waits for the head of its answer.
    private func begin(
        _ verb: HTTPVerb, _ path: String, isDecoding: Bool, within seconds: Double
    ) throws(EngineAPIError) -> (Exchange, AnswerHead) {
        let exchange: Exchange
        do { exchange = try connections.begin(try request(verb, path, isDecoding: isDecoding)) } catch { throw .transport(error) }
        do { return (exchange, try exchange.answerHead(within: seconds)) } catch {
            throw .network(socket: socket, error.failure)
        }
    }

    private func collected(_ exchange: Exchange, upTo limit: Int) throws(EngineAPIError) -> [UInt8]? {
        do { return try exchange.collect(upTo: limit) } catch { throw .network(socket: socket, error.failure) }
    }

    private func refusal(_ path: String, _ head: AnswerHead, _ body: [UInt8]) -> EngineAPIError {
        .refused(socket: socket, path: path, status: head.status, message: Self.message(body))
    }

    /// A name as it stands in a path of the interface: its slashes stay.
    private static func escaped(_ name: String) -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@".utf8)
        return name.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    private func document<T: Decodable>(_ type: T.Type, _ path: String) throws(EngineAPIError) -> T {
        let (_, body) = try get(path, limit: Self.documentBytes)
        do throws(DocumentError) { return try decodeDocument(type, from: body) } catch {
            throw .badAnswer(socket: socket, path: path)
        }
    }

    /// The head and the body of an answer that is no error.
    private func get(_ path: String, limit: Int) throws(EngineAPIError) -> (AnswerHead, [UInt8]) {
        try answer(.GET, path, limit: limit, within: timeouts.response)
    }

    /// The same of any request.
    private func answer(
        _ verb: HTTPVerb, _ path: String, limit: Int, within seconds: Double
    ) throws(EngineAPIError) -> (AnswerHead, [UInt8]) {
        let (exchange, head) = try begin(verb, path, isDecoding: true, within: seconds)
        guard let body = try collected(exchange, upTo: limit) else { throw .badAnswer(socket: socket, path: path) }
        guard (200...299).contains(head.status) else { throw refusal(path, head, body) }
        return (head, body)
    }

    /// What an error's body says; empty where it says nothing in the engine's form.
    private static func message(_ body: [UInt8]) -> String {
        do throws(DocumentError) { return try decodeDocument(EngineMessage.self, from: body).message } catch {
            // The status tells.
            return ""
        }
    }

    private func request(_ verb: HTTPVerb, _ path: String, isDecoding: Bool) throws(DistributionError) -> WireRequest {
        let address: WebAddress
        do throws(WebAddress.Fault) { address = try WebAddress("http://localhost\(path)") } catch {
            throw .badAddress("http://localhost\(path)", detail: error.detail)
        }
        return WireRequest(
            verb: verb, address: address, headers: [("User-Agent", connections.settings.userAgent)], body: nil,
            isDecoding: isDecoding,
            trust: .none, socketPath: socket, proxy: nil, halt: nil)
    }
}

/// An error of an engine's.
private struct EngineMessage: Decodable {
    let message: String
}

/// What an engine says of itself.
package struct EngineInfo: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case root = "DockerRootDir"
        case driver = "Driver"
        case version = "ServerVersion"
        case id = "ID"
    }

    /// Where it keeps everything.
    package let root: String?
    /// How it keeps layers.
    package let driver: String?
    /// Its release.
    package let version: String?
    /// What tells it from other engines.
    package let id: String?
}

/// What an engine removed of its build cache.
private struct EnginePruned: Decodable {
    private enum CodingKeys: String, CodingKey { case records = "CachesDeleted" }

    let records: [String]?
}

/// An image as an engine tells of it.
package struct EngineImageState: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case tags = "RepoTags"
        case digests = "RepoDigests"
    }

    /// Its ID.
    package let id: String
    /// Its names with a tag.
    package let tags: [String]?
    /// Its names with a digest.
    package let digests: [String]?
}

/// A container as an engine tells of it.
package struct EngineContainerState: Decodable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case image = "ImageID"
        case state = "State"
    }

    /// Its ID.
    package let id: String
    /// By which people call it, each behind a slash.
    package let names: [String]?
    /// The ID of the image that it was made of.
    package let image: String?
    /// What it does, in one word.
    package let state: String?

    /// Whether it may run: only what was made and never started, has ended or failed does not.
    package var isRunning: Bool { !["created", "exited", "dead"].contains(state) }
}

/// A version of an engine's interface: `1.41`.
package struct EngineAPIVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `1.41`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt16(parts[0]), let minor = UInt16(parts[1]) else { return nil }
        self.init(major: Int(major), minor: Int(minor))
    }

    /// As it stands in paths.
    package var description: String { "\(major).\(minor)" }

    /// The older one is the smaller one.
    package static func < (left: EngineAPIVersion, right: EngineAPIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
