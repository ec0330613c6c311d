/// Bytes in order, used by one thread at a time.
package protocol ByteStream: AnyObject {
    /// Reads up to `buffer.count` bytes, at least one unless the end is reached; returns how many, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int
}
