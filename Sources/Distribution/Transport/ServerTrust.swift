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

    /// What a connection of TLS to `origin` is held to: these options, and what lies in the folders called like the server.
    func trust(for origin: Origin, _ settings: NetworkSettings) throws(DistributionError) -> ServerTrust {
        var trust = ServerTrust(isVerified: !isUnverified)
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
        if let pair = trust.pair {
            _ = try PEMFile.read(pair.certificate, holding: "CERTIFICATE")
            try PEMFile.requireOpenKey(pair.key)
        }
        trust.authorities = try Authorities(settings.environment, with: authorities)
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
    /// A connection without TLS.
    static let none = ServerTrust(isVerified: true)

    struct Pair: Hashable, Sendable {
        var certificate: String
        var key: String
    }

    var isVerified: Bool
    var authorities = Authorities()
    /// Files of what this side shows.
    var pair: Pair?

    /// Sets a handle up.
    func apply(to options: HandleOptions, isProxied: Bool) {
        options.set(CURLOPT_SSL_VERIFYPEER, isVerified ? 1 : 0)
        options.set(CURLOPT_SSL_VERIFYHOST, isVerified ? 2 : 0)
        if let pair {
            options.set(CURLOPT_SSLCERT, pair.certificate)
            options.set(CURLOPT_SSLKEY, pair.key)
            // Given, though no key needs one: without it OpenSSL asks at the terminal.
            options.set(CURLOPT_KEYPASSWD, "")
        }
        authorities.apply(to: options, CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_CAINFO_BLOB)
        // A proxy is verified whatever holds for the registry.
        if isProxied { authorities.apply(to: options, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH, CURLOPT_PROXY_CAINFO_BLOB) }
    }
}

/// The certificates that may vouch for a server: the system's, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name in their
/// place, as for Go's programs and OpenSSL; and some more files.
struct Authorities: Hashable, Sendable {
    /// A file of certificates; nil for the library's own choice.
    private var file: String?
    /// Folders in which OpenSSL finds certificates by names made of hashes; nil for the library's own choice.
    private var folders: [String]?
    /// Certificates in the place of the file's, in PEM form.
    private var bytes: [UInt8]?

    /// Bundles of distributions, as Go's programs look for them.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    /// The library's own choice.
    init() {}

    /// Those of an environment, with the certificates of `files`.
    init(_ environment: [String: String], with files: [String]) throws(DistributionError) {
        file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        // A folder in which nothing is named by its hash has to be read whole.
        let named = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
        let plain = named.filter { !Self.isHashed($0) }
        if !named.isEmpty { folders = named.filter { !plain.contains($0) } }
        if let file { _ = try PEMFile.read(file, holding: "CERTIFICATE") }
        guard !files.isEmpty || !plain.isEmpty else { return }
        var all: [UInt8] = []
        let bundle = file ?? (named.isEmpty ? Self.bundles.first { FileManager.default.fileExists(atPath: $0) } : nil)
        for file in (bundle.map { [$0] } ?? []) + files {
            all += try PEMFile.read(file, holding: "CERTIFICATE") + [UInt8(ascii: "\n")]
        }
        for folder in plain { all += Self.certificates(in: folder) }
        // Where there is none at all, nothing takes the place of the file.
        bytes = all.isEmpty ? nil : all
    }

    func apply(to options: HandleOptions, _ fileOption: CURLoption, _ folderOption: CURLoption, _ bytesOption: CURLoption) {
        if let bytes { options.set(bytesOption, authorities: bytes) } else if let file { options.set(fileOption, file) }
        guard let folders else { return }
        if folders.isEmpty { options.set(folderOption, nil) } else { options.set(folderOption, folders.joined(separator: ":")) }
    }

    /// Whether a folder has names as `c_rehash` makes them: eight hexadecimal digits, a dot and a number.
    private static func isHashed(_ folder: String) -> Bool {
        names(in: folder).contains { name in
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit) && UInt(parts[1]) != nil
        }
    }

    /// What of a folder is a certificate; such folders have other files and dead links as well.
    private static func certificates(in folder: String) -> [UInt8] {
        var all: [UInt8] = []
        for name in names(in: folder).sorted() {
            do throws(DistributionError) { all += try PEMFile.read("\(folder)/\(name)", holding: "CERTIFICATE") } catch {
                // Such folders have keys, lists and dead links as well, as OpenSSL and Go expect of them.
                continue
            }
            all.append(UInt8(ascii: "\n"))
        }
        return all
    }

    /// A folder that is not there, or cannot be read, has nothing.
    private static func names(in folder: String) -> [String] {
        // Programs that use the same variable pass it over as well; a server that is not trusted then is an error.
        do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch { return [] }
    }
}

/// A file in PEM form.
enum PEMFile {
    /// The file's bytes, when it has a part of this kind.
    static func read(_ path: String, holding kind: String) throws(DistributionError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .badSettings(path: path, detail: "it cannot be read")
        }
        guard data.range(of: Data("\(kind)-----".utf8)) != nil else {
            throw .badSettings(path: path, detail: "it holds no \(kind.lowercased()) in PEM form")
        }
        return Array(data)
    }

    /// Refuses a file without a private key, and one whose key is encrypted: there is nobody to ask for its password.
    ///
    /// Both forms say so in plain text: https://www.rfc-editor.org/rfc/rfc7468#section-11 (`BEGIN ENCRYPTED PRIVATE KEY`) and
    /// https://www.rfc-editor.org/rfc/rfc1421#section-4.6.1.1 (`Proc-Type: 4,ENCRYPTED`).
    static func requireOpenKey(_ path: String) throws(DistributionError) {
        let bytes = try read(path, holding: "PRIVATE KEY")
        guard Data(bytes).range(of: Data("ENCRYPTED".utf8)) == nil else {
            throw .badSettings(
                path: path, detail: "its private key is encrypted; write it without a password with `openssl pkey`")
        }
    }
}
