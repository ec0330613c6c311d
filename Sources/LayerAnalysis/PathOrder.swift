import Glibc

extension [UInt8] {
    /// Orders paths by their bytes.
    ///
    /// Listings sort tens of thousands of them, hence `memcmp`.
    func precedes(_ other: [UInt8]) -> Bool {
        let order = withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return Int32(0) }
                return memcmp(leftStart, rightStart, Swift.min(left.count, right.count))
            }
        }
        return order == 0 ? count < other.count : order < 0
    }
}
