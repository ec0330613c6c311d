// https://docs.openssl.org/3.0/man1/openssl-ca/

import Foundation
import TestSupport

/// A certificate and its key, which `openssl` makes.
struct Certificate {
    /// What a certificate says.
    struct Claims {
        /// Whose it is, as OpenSSL writes alternative names.
        var names = ["IP:127.0.0.1", "DNS:localhost"]
        /// From when on and until when it holds, in days from now.
        var startDays = -1.0
        var endDays = 30.0
        /// The kind of its key.
        var key = Key.ellipticCurve
    }

    enum Key: String {
        case ellipticCurve = "ec -pkeyopt ec_paramgen_curve:prime256v1"
        case rsa = "rsa:2048"
    }

    let file: String
    let key: String

    /// Makes `NAME.crt` and `NAME.key` for this machine's own name, which vouch for themselves, with an RSA key.
    @discardableResult
    static func make(in folder: String, _ name: String) throws -> Certificate {
        try make(in: folder, name, Claims(key: .rsa))
    }

    /// Makes `NAME.crt` and `NAME.key` in a folder; without an authority that signs it, a certificate vouches for itself and may
    /// vouch for others.
    static func make(in folder: String, _ name: String, _ claims: Claims, by authority: Certificate? = nil) throws -> Certificate
    {
        let made = Certificate(file: "\(folder)/\(name).crt", key: "\(folder)/\(name).key")
        let place = try TemporaryDirectory()
        try configuration(claims, place.path, isAuthority: authority == nil).write(
            toFile: place.path("ca.cnf"), atomically: true, encoding: .utf8)
        try "".write(toFile: place.path("index"), atomically: true, encoding: .utf8)
        let request = place.path("request")
        try openssl(
            ["req", "-newkey"] + claims.key.rawValue.split(separator: " ").map(String.init) + [
                "-nodes", "-subj", "/CN=\(name)", "-keyout", made.key, "-out", request,
            ])
        let signer = authority.map { ["-cert", $0.file, "-keyfile", $0.key] } ?? ["-selfsign", "-keyfile", made.key]
        try openssl(
            ["ca", "-batch", "-notext", "-create_serial", "-config", place.path("ca.cnf"), "-extensions", "extensions"] + signer
                + [
                    "-startdate", moment(claims.startDays), "-enddate", moment(claims.endDays), "-in", request, "-out", made.file,
                ])
        return made
    }

    /// Makes a folder for `--cert-dir`: whose word is trusted, and what a client shows.
    static func folder(
        in parent: TemporaryDirectory, trusting authorities: [Certificate], showing client: Certificate? = nil
    ) throws -> String {
        let path = parent.path("certs-\(UUID().uuidString)")
        let files = FileManager.default
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (number, authority) in authorities.enumerated() {
            try files.copyItem(atPath: authority.file, toPath: "\(path)/ca\(number).crt")
        }
        if let client {
            try files.copyItem(atPath: client.file, toPath: "\(path)/client.cert")
            try files.copyItem(atPath: client.key, toPath: "\(path)/client.key")
        }
        return path
    }

    private static func configuration(_ claims: Claims, _ folder: String, isAuthority: Bool) -> String {
        """
        [ca]
        default_ca = default
        [default]
        database = \(folder)/index
        serial = \(folder)/serial
        new_certs_dir = \(folder)
        default_md = sha256
        policy = policy
        [policy]
        commonName = supplied
        [extensions]
        basicConstraints = critical, CA:\(isAuthority ? "TRUE" : "FALSE")
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        subjectAltName = \(claims.names.joined(separator: ","))

        """
    }

    private static func moment(_ days: Double) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "yyyyMMddHHmmss'Z'"
        return format.string(from: Date(timeIntervalSinceNow: days * 86_400))
    }

    private static func openssl(_ arguments: [String]) throws {
        let outcome = try Program("openssl").run(arguments)
        guard outcome.status == 0 else { throw Failure(arguments: arguments, errors: outcome.errors) }
    }

    struct Failure: Error {
        let arguments: [String]
        let errors: String
    }
}
