import Glibc

extension UnsafeRawBufferPointer {
    /// Whether a key stands before another one: byte by byte, a shorter one before those that it begins.
    func isBelow(_ other: UnsafeRawBufferPointer) -> Bool {
        let common = Swift.min(count, other.count)
        if common > 0, let left = baseAddress, let right = other.baseAddress {
            let order = memcmp(left, right, common)
            if order != 0 { return order < 0 }
        }
        return count < other.count
    }
}
