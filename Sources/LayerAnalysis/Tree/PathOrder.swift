import Glibc

extension ArraySlice<UInt8> {
    /// Less than 0, 0 or more than 0 as the bytes come before, are or come after the other's; a beginning comes first.
    ///
    /// Listings sort a million names, hence `memcmp`.
    func compare(_ other: ArraySlice<UInt8>) -> Int {
        let order = withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return 0 }
                return Int(memcmp(leftStart, rightStart, Swift.min(left.count, right.count)))
            }
        }
        return order == 0 ? count - other.count : order
    }
}

extension [UInt8] {
    /// Orders paths by their bytes.
    func precedes(_ other: [UInt8]) -> Bool { self[...].compare(other[...]) < 0 }
}
