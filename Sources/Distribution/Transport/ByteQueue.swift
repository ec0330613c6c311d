/// Bytes on their way from one thread to another, in a ring that grows up to `limit`; its owner guards it.
package struct ByteQueue: ~Copyable {
    private var ring = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var head = 0
    /// Bytes that wait.
    package private(set) var count = 0
    private let limit: Int

    /// An empty queue.
    package init(limit: Int) { self.limit = limit }

    deinit { ring.deallocate() }

    /// Appends all of these bytes; false when they do not fit, though an empty queue takes any number.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if count + bytes.count > ring.count {
            guard count == 0 || count + bytes.count <= limit else { return false }
            grow(to: count + bytes.count)
        }
        let tail = (head + count) % max(1, ring.count)
        let first = min(bytes.count, ring.count - tail)
        UnsafeMutableRawBufferPointer(rebasing: ring[tail..<tail + first]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[..<first]))
        if first < bytes.count {
            UnsafeMutableRawBufferPointer(rebasing: ring[..<(bytes.count - first)]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[first...]))
        }
        count += bytes.count
        return true
    }

    /// Moves bytes out, as many as there are and fit; returns how many.
    package mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let wanted = min(count, buffer.count)
        let first = min(wanted, ring.count - head)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: ring[head..<head + first]))
        if first < wanted {
            UnsafeMutableRawBufferPointer(rebasing: buffer[first...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: ring[..<(wanted - first)]))
        }
        head = ring.isEmpty ? 0 : (head + wanted) % ring.count
        count -= wanted
        return wanted
    }

    /// Gives the memory back.
    mutating func clear() {
        ring.deallocate()
        ring = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        (head, count) = (0, 0)
    }

    private mutating func grow(to least: Int) {
        var size = max(ring.count, 16 << 10)
        while size < least { size *= 2 }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        let kept = take(into: larger)
        ring.deallocate()
        (ring, head, count) = (larger, 0, kept)
    }
}
