// https://www.rfc-editor.org/rfc/rfc9110#name-last-modified

import ContentStorage
import Crypto
import Foundation
import NIOHTTP1
package import OCISpec
package import StorageIO

/// A file that was fetched from a web server.
package struct FetchedDownload: Hashable, Sendable {
    /// SHA-256 of its bytes.
    package var digest: OCISpec.Digest
    package var size: Int64
    /// What the server says of its last change: seconds since 1970.
    package var modifiedSeconds: Int64?
}

extension Registries {
    /// Fetches what is at `url` into `file`, from its beginning; redirects are followed, credentials are sent to nobody.
    package func fetch(_ url: String, into file: File) throws(DistributionError) -> FetchedDownload {
        let line = RequestLine(method: "GET", url: url)
        guard let target = URL(string: url), let origin = Origin(target),
            let base = URL(string: "\(origin.scheme)://\(origin.authority)")
        else { throw .badAnswer(line, detail: "it is no address of a web server") }
        var tls = TLSOptions()
        tls.isUnverified = settings.isInsecure
        tls.folder = settings.certificateFolder
        let client = RegistryClient(
            name: origin.authority, candidates: [base], tls: tls, connections: connections,
            credentials: { () throws(DistributionError) in nil })
        let answer = try client.send(
            RegistryRequest(method: .GET, target: .url(target), authorization: .none, isDecoding: false))
        guard answer.status == 200 else { throw answer.refusal() }
        var hash = SHA256()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try answer.read(into: buffer)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bufferPointer: bytes)
            do throws(StorageError) { try file.write(bytes, at: size) } catch { throw .content(ContentError(error)) }
            size += Int64(count)
        }
        guard let digest = OCISpec.Digest(bytes: Array(hash.finalize())) else {
            throw .badAnswer(line, detail: "it has no digest")
        }
        return FetchedDownload(
            digest: digest, size: size, modifiedSeconds: answer.head.headers.first(name: "Last-Modified").flatMap(Self.seconds))
    }

    /// A date of HTTP, as nearly all servers write it: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func seconds(_ text: String) -> Int64? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text).map { Int64($0.timeIntervalSince1970) }
    }
}
