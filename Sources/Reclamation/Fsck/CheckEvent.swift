/// What a check tells while it runs; sent from several threads.
package enum CheckEvent: Sendable {
    /// Blobs are about to be read: this many bytes in all.
    case began(totalBytes: Int64)
    /// So many bytes more were read.
    case advanced(bytes: Int64)
}
