// https://www.rfc-editor.org/rfc/rfc9110#name-last-modified

import ContentStorage
import Foundation
package import OCISpec
package import StorageIO

/// A file that was fetched from a web server.
package struct FetchedDownload: Hashable, Sendable {
    /// SHA-256 of its bytes.
    package var digest: Digest
    /// Bytes received.
    package var size: Int64
    /// What the server says of its last change: seconds since 1970.
    package var modifiedSeconds: Int64?
}

extension Registries {
    /// Fetches what is at `url` into `file`, from its beginning; redirects are followed, credentials are sent to nobody.
    package func fetch(_ url: String, into file: File) throws(DistributionError) -> FetchedDownload {
        let line = RequestLine(method: "GET", url: url)
        let target: WebAddress
        do { target = try WebAddress(url) } catch { throw .badAddress(line.url, detail: error.detail) }
        var tls = TLSOptions()
        tls.isUnverified = settings.isInsecure
        tls.folder = settings.certificateFolder
        let client = RegistryClient(
            name: target.origin.authority, candidates: [target], tls: tls, connections: connections,
            credentials: { FoundCredentials() })
        let answer = try client.send(
            RegistryRequest(method: .GET, target: .url(target), authorization: .none, reading: .stream, isDecoding: false))
        guard answer.status == 200 else { throw answer.refusal() }
        var hash = StreamHash()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try answer.read(into: buffer)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bytes)
            do { try file.write(bytes, at: size) } catch { throw .content(ContentError(error)) }
            size += Int64(count)
        }
        let changed = answer.header("Last-Modified").flatMap(HTTPDate.moment)
        return FetchedDownload(
            digest: hash.digest(), size: size, modifiedSeconds: changed.map { Int64($0.timeIntervalSince1970) })
    }
}
