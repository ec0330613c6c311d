import CXXHash

extension ExtendedAttribute {
    /// XXH3-64 of attributes that are sorted by name; 0 for none.
    package static func digest(of attributes: [ExtendedAttribute]) -> UInt64 {
        guard !attributes.isEmpty else { return 0 }
        var flat: [UInt8] = []
        for attribute in attributes {
            for bytes in [attribute.name, attribute.value] {
                withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { flat.append(contentsOf: $0) }
                flat.append(contentsOf: bytes)
            }
        }
        // 0 is kept for "none".
        return max(1, XXH3_64bits(flat, flat.count))
    }
}
