package import OCISpec

/// Parts of blobs, fetched without the rest.
package struct RemoteParts: Sendable {
    let sources: [RemoteRepository]

    /// The bytes of a blob in `range`; nil where no server gives parts.
    ///
    /// They are not verified: the digest that names the blob is that of all of it.
    package func bytes(_ digest: Digest, in range: Range<Int64>) throws(DistributionError) -> [UInt8]? {
        guard !range.isEmpty else { return [] }
        var last: DistributionError?
        for source in sources {
            do throws(DistributionError) {
                let answer = try source.openBlob(digest, from: range.lowerBound, to: range.upperBound)
                guard answer.status == 200 || answer.status == 206 else { throw answer.refusal() }
                let isPart =
                    answer.header("Content-Range")?.hasPrefix("bytes \(range.lowerBound)-\(range.upperBound - 1)/") == true
                guard answer.status == 206, isPart else {
                    answer.cancel()
                    return nil
                }
                let bytes = try answer.body(upTo: range.count)
                guard bytes.count == range.count else { throw .network(answer.line, .cut) }
                return bytes
            } catch {
                last = error
            }
        }
        if let last { throw last }
        return nil
    }
}
