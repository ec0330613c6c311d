import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients of one command: one for each server, since certificates and proxies differ.
///
/// Clients live until this object goes; by then nobody may be using them.
final class Connections: Sendable {
    /// Which client: documents are decompressed on the way in, blobs never.
    private struct Key: Hashable {
        let origin: Origin
        let isDecoding: Bool
    }

    let settings: NetworkSettings
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let clients = Mutex<[Key: HTTPClient]>([:])

    init(_ settings: NetworkSettings) { self.settings = settings }

    deinit {
        // Nobody is left to hear of a failure.
        for client in clients.withLock({ $0.values }) { do { try client.syncShutdown() } catch {} }
        group.shutdownGracefully { _ in }
    }

    /// The client for a server; `isAsked` marks the registry that the user named, to which his TLS options apply.
    func client(for origin: Origin, isDecoding: Bool, tls: TLSOptions) throws(DistributionError) -> HTTPClient {
        let key = Key(origin: origin, isDecoding: isDecoding)
        let outcome: Result<HTTPClient, DistributionError> = clients.withLock { clients in
            if let client = clients[key] { return .success(client) }
            do throws(DistributionError) {
                let client = try makeClient(origin, isDecoding: isDecoding, tls)
                clients[key] = client
                return .success(client)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func makeClient(
        _ origin: Origin, isDecoding: Bool, _ options: TLSOptions
    ) throws(DistributionError) -> HTTPClient {
        var tls: TLSConfiguration?
        if origin.isTLS { tls = try options.configuration(for: origin, settings.certificateRoots) }
        var pool = HTTPClient.Configuration.ConnectionPool()
        // A connection that fails is reported at once: this module tries again by its own rules.
        pool.retryConnectionEstablishment = false
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(Int64(settings.timeouts.connect * 1000))), connectionPool: pool,
            proxy: ProxyChoice(settings.environment).proxy(for: origin), ignoreUncleanSSLShutdown: false,
            decompression: isDecoding ? .enabled(limit: .size(64 << 20)) : .disabled)
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }
}

/// How a server proves who it is, and this side to it.
struct TLSOptions: Hashable, Sendable {
    /// Any certificate will do.
    var isUnverified = false
    /// A folder of certificates that goes before the ones found by the server's name.
    var folder: String?
    /// Single files, by a registries file.
    var authorityFile: String?
    var certificateFile: String?
    var keyFile: String?

    func configuration(for origin: Origin, _ roots: [String]) throws(DistributionError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if isUnverified { tls.certificateVerification = .none }
        var authorities = authorityFile.map { [$0] } ?? []
        var pair = certificateFile.flatMap { certificate in keyFile.map { (certificate: certificate, key: $0) } }
        let folders =
            folder.map { [$0] } ?? roots.flatMap { ["\($0)/\(origin.authority)", "\($0)/\(origin.host):\(origin.port)"] }
        for folder in folders where FileManager.default.fileExists(atPath: folder) {
            let found = try Self.files(in: folder)
            authorities += found.filter { $0.hasSuffix(".crt") }
            if pair == nil, let certificate = found.first(where: { $0.hasSuffix(".cert") }) {
                let key = certificate.dropLast(".cert".count) + ".key"
                guard found.contains(String(key)) else {
                    throw .badSettings(path: certificate, detail: "its key \(key) is missing")
                }
                pair = (certificate, String(key))
            }
            break
        }
        for path in authorities { tls.additionalTrustRoots.append(.certificates(try Self.certificates(path))) }
        if let pair {
            tls.certificateChain = try Self.certificates(pair.certificate).map { .certificate($0) }
            tls.privateKey = .privateKey(try Self.key(pair.key))
        }
        return tls
    }

    private static func files(in folder: String) throws(DistributionError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
        } catch {
            throw .badSettings(path: folder, detail: "it cannot be listed")
        }
    }

    private static func certificates(_ path: String) throws(DistributionError) -> [NIOSSLCertificate] {
        do { return try NIOSSLCertificate.fromPEMFile(path) } catch {
            throw .badSettings(path: path, detail: "it holds no certificate in PEM form")
        }
    }

    private static func key(_ path: String) throws(DistributionError) -> NIOSSLPrivateKey {
        do { return try NIOSSLPrivateKey(file: path, format: .pem) } catch {
            throw .badSettings(path: path, detail: "it holds no private key in PEM form")
        }
    }
}

/// Which proxy the environment names for a server.
struct ProxyChoice {
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    /// The proxy; nil for none.
    ///
    /// This machine's own servers are always asked directly.
    func proxy(for origin: Origin) -> HTTPClient.Configuration.Proxy? {
        guard !origin.isLoopback, !isExempt(origin) else { return nil }
        guard let text = value(origin.isTLS ? "HTTPS_PROXY" : "HTTP_PROXY") ?? value("ALL_PROXY"),
            let url = URL(string: text.contains("://") ? text : "http://\(text)"), let host = url.host
        else { return nil }
        if url.scheme?.hasPrefix("socks") == true { return .socksServer(host: host, port: url.port ?? 1080) }
        let authorization = url.user.map { user in
            HTTPClient.Authorization.basic(username: user, password: url.password ?? "")
        }
        return .server(host: host, port: url.port ?? 80, authorization: authorization)
    }

    private func isExempt(_ origin: Origin) -> Bool {
        guard let list = value("NO_PROXY") else { return false }
        return list.split(separator: ",").contains { entry in
            var name = entry.trimmingCharacters(in: .whitespaces).lowercased()
            if name == "*" { return true }
            if let colon = name.lastIndex(of: ":"), let port = Int(name[name.index(after: colon)...]) {
                guard port == origin.port else { return false }
                name = String(name[..<colon])
            }
            let bare = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name.hasPrefix(".") ? String(name.dropFirst()) : name
            return !bare.isEmpty && (origin.host == bare || origin.host.hasSuffix(".\(bare)"))
        }
    }

    private func value(_ name: String) -> String? {
        [name.lowercased(), name].compactMap { environment[$0] }.first { !$0.isEmpty }
    }
}
