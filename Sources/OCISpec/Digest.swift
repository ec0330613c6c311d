// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests

/// The name of some bytes: a registered hash algorithm and its lower-case hexadecimal result.
package struct Digest: Hashable, Sendable {
    /// The algorithms that the image-spec registers.
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// The length of the encoded part, in hexadecimal digits.
        package var hexLength: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    /// What is wrong with a digest's text.
    package enum ParseError: Error, Hashable, Sendable {
        case malformed(String)
        case unsupportedAlgorithm(String)
    }

    /// The algorithm that made the digest.
    package let algorithm: Algorithm
    /// The encoded part: lower-case hexadecimal digits, as many as the algorithm gives.
    package let hex: String

    /// Parses `algorithm:hex`; upper-case digits and wrong lengths are refused.
    package init(_ text: some StringProtocol) throws(ParseError) {
        // A listing of ten thousand images parses a hundred thousand digests: bytes of a plain string are quick to look at.
        let text = String(text)
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(text) }
        guard let algorithm = Algorithm(rawValue: String(text[..<colon])) else { throw .unsupportedAlgorithm(text) }
        let hex = text[text.utf8.index(after: colon)...]
        guard hex.utf8.count == algorithm.hexLength, hex.utf8.allSatisfy(Self.isLowerHex) else { throw .malformed(text) }
        self.algorithm = algorithm
        self.hex = String(hex)
    }

    /// The digest whose raw hash is `bytes`, which must be as long as SHA-256's or SHA-512's result.
    package init?(algorithm: Algorithm = .sha256, bytes: some Collection<UInt8>) {
        guard bytes.count * 2 == algorithm.hexLength else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        hex.reserveCapacity(algorithm.hexLength)
        for byte in bytes {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        self.algorithm = algorithm
        self.hex = String(decoding: hex, as: UTF8.self)
    }

    /// The first twelve digits, as listings show an image ID.
    package var short: String { String(hex.prefix(12)) }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:hex`, the form that documents carry.
    package var description: String { "\(algorithm.rawValue):\(hex)" }
}

extension Digest: Comparable {
    /// Orders by text, so that listings are the same in every run.
    package static func < (left: Digest, right: Digest) -> Bool {
        (left.algorithm.rawValue, left.hex) < (right.algorithm.rawValue, right.hex)
    }
}

extension Digest: Codable {
    /// Decodes `algorithm:hex`; what does not parse is corrupt data, so that the field at fault is named.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do throws(ParseError) {
            self = try Digest(text)
        } catch .unsupportedAlgorithm {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "digest of an unknown algorithm: \(text)")
        } catch .malformed {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a digest: \(text)")
        }
    }

    /// Encodes `algorithm:hex`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
