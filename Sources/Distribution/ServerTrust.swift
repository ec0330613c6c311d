import CCurl
import Foundation

/// How a server proves who it is, and this side to it; by the registry's user, or by a registries file.
struct TLSOptions: Hashable, Sendable {
    /// Any certificate will do.
    var isUnverified = false
    /// A folder of certificates that goes before the ones found by the server's name.
    var folder: String?
    /// Single files, by a registries file.
    var authorityFile: String?
    var certificateFile: String?
    var keyFile: String?

    /// What a connection to `origin` is held to: these options, and what lies in the folders called like the server.
    func trust(for origin: Origin, _ settings: NetworkSettings) throws(DistributionError) -> ServerTrust {
        var trust = ServerTrust(isVerified: !isUnverified)
        let system = SystemAuthorities(settings.environment)
        trust.hasOwnFolder = system.isFolderNamed
        guard origin.isTLS else {
            // A proxy in between may be one of TLS.
            trust.authorities = try system.joined(with: [])
            return trust
        }
        var authorities = authorityFile.map { [$0] } ?? []
        if let certificateFile, let keyFile { trust.pair = .init(certificate: certificateFile, key: keyFile) }
        let named = settings.certificateRoots.flatMap { root in
            ["\(root)/\(origin.authority)", "\(root)/\(origin.host):\(origin.port)"]
        }
        if let folder = (folder.map { [$0] } ?? named).first(where: { FileManager.default.fileExists(atPath: $0) }) {
            let files = try Self.files(in: folder)
            authorities += files.filter { $0.hasSuffix(".crt") }
            if trust.pair == nil, let certificate = files.first(where: { $0.hasSuffix(".cert") }) {
                let key = certificate.dropLast(".cert".count) + ".key"
                guard files.contains(String(key)) else {
                    throw .badSettings(path: certificate, detail: "its key \(key) is missing")
                }
                trust.pair = .init(certificate: certificate, key: String(key))
            }
        }
        for path in [trust.pair?.certificate].compactMap(\.self) { _ = try PEMFile.read(path, holding: "CERTIFICATE") }
        for path in [trust.pair?.key].compactMap(\.self) { _ = try PEMFile.read(path, holding: "PRIVATE KEY") }
        trust.authorities = try system.joined(with: authorities)
        return trust
    }

    private static func files(in folder: String) throws(DistributionError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
        } catch {
            throw .badSettings(path: folder, detail: "it cannot be listed")
        }
    }
}

/// What one connection is held to.
struct ServerTrust: Sendable {
    struct Pair: Hashable, Sendable {
        var certificate: String
        var key: String
    }

    var isVerified: Bool
    /// Certificates that may vouch for the server, in place of the system's; nil for those of the library.
    var authorities: [UInt8]?
    /// Whether the system's folder of certificates counts for nothing.
    var hasOwnFolder = false
    /// Files of what this side shows.
    var pair: Pair?

    /// Sets a handle up.
    func apply(to options: HandleOptions, isProxied: Bool) {
        options.set(CURLOPT_SSL_VERIFYPEER, isVerified ? 1 : 0)
        options.set(CURLOPT_SSL_VERIFYHOST, isVerified ? 2 : 0)
        if let pair {
            options.set(CURLOPT_SSLCERT, pair.certificate)
            options.set(CURLOPT_SSLKEY, pair.key)
        }
        // A proxy is verified whatever holds for the registry.
        for (blob, folder) in [(CURLOPT_CAINFO_BLOB, CURLOPT_CAPATH)] + (isProxied ? [(CURLOPT_PROXY_CAINFO_BLOB, CURLOPT_PROXY_CAPATH)] : []) {
            if let authorities { options.set(blob, authorities: authorities) }
            if hasOwnFolder { options.set(folder, nil) }
        }
    }
}

/// The authorities that vouch for servers where nothing else is said: the system's, or those that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name in their place, as for Go's programs, OpenSSL and curl.
struct SystemAuthorities {
    private let file: String?
    private let folders: [String]
    /// Whether `SSL_CERT_DIR` stands in the place of the system's folder.
    var isFolderNamed: Bool { !folders.isEmpty }

    /// Bundles of distributions, as Go's programs look for them.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    init(_ environment: [String: String]) {
        file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        folders = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
    }

    /// All certificates in PEM form, with those of some more files; nil where the library's own choice says the same.
    func joined(with files: [String]) throws(DistributionError) -> [UInt8]? {
        if file == nil, folders.isEmpty, files.isEmpty { return nil }
        var all: [UInt8] = []
        if let file {
            all += try PEMFile.read(file, holding: "CERTIFICATE")
        } else if folders.isEmpty, let bundle = Self.bundles.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            all += try PEMFile.read(bundle, holding: "CERTIFICATE")
        }
        for folder in folders { all += Self.certificates(in: folder) }
        for file in files {
            all.append(UInt8(ascii: "\n"))
            all += try PEMFile.read(file, holding: "CERTIFICATE")
        }
        return all
    }

    /// What of a folder is a certificate; such folders have other files and dead links as well.
    private static func certificates(in folder: String) -> [UInt8] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch { return [] }
        var all: [UInt8] = []
        for name in names {
            do throws(DistributionError) { all += try PEMFile.read("\(folder)/\(name)", holding: "CERTIFICATE") } catch { continue }
            all.append(UInt8(ascii: "\n"))
        }
        return all
    }
}

/// A file in PEM form.
enum PEMFile {
    /// More than the bundle of any distribution.
    private static let maxBytes = 16 << 20

    /// The file's bytes, when it has a part of this kind.
    static func read(_ path: String, holding kind: String) throws(DistributionError) -> [UInt8] {
        guard let size = attributes(path)?[.size] as? Int64, size <= maxBytes, let data = FileManager.default.contents(atPath: path)
        else { throw .badSettings(path: path, detail: "it cannot be read") }
        guard data.range(of: Data("\(kind)-----".utf8)) != nil else {
            throw .badSettings(path: path, detail: "it holds no \(kind.lowercased()) in PEM form")
        }
        return Array(data)
    }

    private static func attributes(_ path: String) -> [FileAttributeKey: Any]? {
        do {
            return try FileManager.default.attributesOfItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        } catch {
            return nil
        }
    }
}
