// https://www.rfc-editor.org/rfc/rfc4632#section-3.1

/// An IPv4 address: four numbers up to 255, without zeros in front.
package struct IPv4Address: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// The address as a number.
    package let number: UInt32

    /// The address of this number.
    package init(number: UInt32) { self.number = number }

    /// The address that a text is; nil for any other text.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let value = Self.short(part), value < 256 else { return nil }
            number = number << 8 | value
        }
        self.number = number
    }

    /// A number of at most three digits, without zeros in front.
    fileprivate static func short(_ digits: some Collection<UInt8>) -> UInt32? {
        guard (1...3).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != 48 else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt32($1 - 48) }
    }

    /// The text.
    package var description: String { [24, 16, 8, 0].map { "\(number >> UInt32($0) & 255)" }.joined(separator: ".") }

    /// By number.
    package static func < (one: IPv4Address, other: IPv4Address) -> Bool { one.number < other.number }
}

/// The addresses that begin alike, `10.89.0.0/24`.
package struct IPv4Range: Hashable, Sendable, LosslessStringConvertible {
    /// The lowest one.
    package let base: IPv4Address
    /// How many bits all of them begin with.
    package let prefixLength: Int

    /// The range of this length that an address is in.
    package init(of address: IPv4Address, prefixLength: Int) {
        self.prefixLength = min(max(prefixLength, 0), 32)
        base = IPv4Address(number: address.number & Self.mask(self.prefixLength))
    }

    /// The range that a text is; nil for any other text, also for one with an address in the middle of its range.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let address = IPv4Address(parts[0]) else { return nil }
        guard let length = IPv4Address.short(parts[1].utf8), length <= 32 else { return nil }
        self.init(of: address, prefixLength: Int(length))
        guard base == address else { return nil }
    }

    /// The text.
    package var description: String { "\(base)/\(prefixLength)" }

    /// The highest address, to which all hosts listen.
    package var last: IPv4Address { IPv4Address(number: base.number | ~Self.mask(prefixLength)) }

    /// Whether an address is in it.
    package func contains(_ address: IPv4Address) -> Bool { (base...last).contains(address) }

    /// Whether an address can be a host's: neither the lowest nor the highest one.
    package func hasHost(_ address: IPv4Address) -> Bool { contains(address) && address != base && address != last }

    /// Whether some address is in both.
    package func overlaps(_ other: IPv4Range) -> Bool { contains(other.base) || other.contains(base) }

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : UInt32.max << UInt32(32 - length) }
}

extension IPv4Address: Codable {
    /// The address in a document.
    package init(from decoder: any Decoder) throws { self = try decoder.value() }

    /// As text.
    package func encode(to encoder: any Encoder) throws { try encoder.write(self) }
}

extension IPv4Range: Codable {
    /// The range in a document.
    package init(from decoder: any Decoder) throws { self = try decoder.value() }

    /// As text.
    package func encode(to encoder: any Encoder) throws { try encoder.write(self) }
}

extension Decoder {
    fileprivate func value<Value: LosslessStringConvertible>() throws -> Value {
        let container = try singleValueContainer()
        guard let value = Value(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a valid \(Value.self)")
        }
        return value
    }
}

extension Encoder {
    fileprivate func write(_ value: some LosslessStringConvertible) throws {
        var container = singleValueContainer()
        try container.encode("\(value)")
    }
}
