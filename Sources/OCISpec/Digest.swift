// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests

/// The name of some bytes: a registered hash algorithm and its lower-case hexadecimal result.
package struct Digest: Sendable {
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
    /// The first 32 bytes of the hash.
    private let front: Words
    /// The other 32 bytes of SHA-512's; zero for SHA-256.
    private let back: Words

    /// Parses `algorithm:hex`; upper-case digits and wrong lengths are refused.
    package init(_ text: some StringProtocol) throws(ParseError) {
        var text = String(text)
        let result: Result<Digest, ParseError> = text.withUTF8 { bytes in
            do throws(ParseError) { return .success(try Digest(utf8: bytes)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// Parses `algorithm:hex` from the text's bytes.
    package init(utf8 text: UnsafeBufferPointer<UInt8>) throws(ParseError) {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(Self.string(text)) }
        let name = text[..<colon]
        guard let algorithm = Algorithm.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name) }) else {
            throw .unsupportedAlgorithm(Self.string(text))
        }
        guard let digest = Digest(algorithm: algorithm, hex: UnsafeBufferPointer(rebasing: text[(colon + 1)...])) else {
            throw .malformed(Self.string(text))
        }
        self = digest
    }

    /// The digest of these digits; nil when one is no lower-case hexadecimal digit, or their number is wrong.
    package init?(algorithm: Algorithm, hex digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count == algorithm.hexLength, let front = Words(digits, from: 0),
            let back = algorithm == .sha512 ? Words(digits, from: 64) : Words()
        else { return nil }
        self.algorithm = algorithm
        self.front = front
        self.back = back
    }

    /// The digest whose raw hash is `bytes`, which must be as long as SHA-256's or SHA-512's result.
    package init?(algorithm: Algorithm = .sha256, bytes: some Collection<UInt8>) {
        guard bytes.count * 2 == algorithm.hexLength else { return nil }
        self.algorithm = algorithm
        front = Words(bytes.prefix(32))
        back = algorithm == .sha512 ? Words(bytes.dropFirst(32)) : Words()
    }

    /// The encoded part: lower-case hexadecimal digits, as many as the algorithm gives.
    package var hex: String { text(prefix: "", digitCount: algorithm.hexLength) }

    /// The first twelve digits, as listings show an image ID.
    package var short: String { text(prefix: "", digitCount: 12) }

    private func text(prefix: StaticString, digitCount: Int) -> String {
        String(unsafeUninitializedCapacity: prefix.utf8CodeUnitCount + digitCount) { buffer in
            for place in 0..<prefix.utf8CodeUnitCount { buffer[place] = prefix.utf8Start[place] }
            for place in 0..<digitCount {
                let digit = place < 64 ? front.digit(place) : back.digit(place - 64)
                buffer[prefix.utf8CodeUnitCount + place] = digit < 10 ? digit + UInt8(ascii: "0") : digit + UInt8(ascii: "a") - 10
            }
            return prefix.utf8CodeUnitCount + digitCount
        }
    }

    private static func string(_ text: UnsafeBufferPointer<UInt8>) -> String { String(decoding: text, as: UTF8.self) }
}

extension Digest {
    /// Thirty-two bytes of a hash, in words whose order as numbers is that of their digits.
    ///
    /// A look at a store of ten thousand images compares and hashes digests millions of times: as words they need no heap, no
    /// counting of references, and a quarter of the bytes to hash.
    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0

        init() {}

        init(_ bytes: some Collection<UInt8>) {
            var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            for (place, byte) in bytes.enumerated() {
                let shifted = UInt64(byte) << UInt64(56 - place % 8 * 8)
                switch place / 8 {
                case 0: words.0 |= shifted
                case 1: words.1 |= shifted
                case 2: words.2 |= shifted
                default: words.3 |= shifted
                }
            }
            (first, second, third, fourth) = words
        }

        /// The words of 64 digits from a place on; nil where one is none.
        init?(_ digits: UnsafeBufferPointer<UInt8>, from start: Int) {
            guard let first = Self.word(digits, start), let second = Self.word(digits, start + 16),
                let third = Self.word(digits, start + 32), let fourth = Self.word(digits, start + 48)
            else { return nil }
            (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
        }

        private static func word(_ digits: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt64? {
            guard let high = half(digits, start), let low = half(digits, start + 8) else { return nil }
            return high << 32 | low
        }

        /// Eight digits at once, one in each byte of a word; the caller sees to it that they are there.
        private static func half(_ digits: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt64? {
            let ones: UInt64 = 0x0101_0101_0101_0101
            let text = UInt64(bigEndian: UnsafeRawBufferPointer(digits).loadUnaligned(fromByteOffset: start, as: UInt64.self))
            // Letters have the bit of 64, and are 9 more than their last four bits.
            let values = (text & (ones * 0x0f)) &+ (text >> 6 & ones) &* 9
            // What is no lower-case digit does not come back.
            let letters = (values &+ ones * 6) >> 4 & ones
            guard values & (ones * 0xf0) == 0, values &+ ones * 0x30 &+ letters &* 0x27 == text else { return nil }
            let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff
            let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff
            return (fours | fours >> 16) & 0xffff_ffff
        }

        /// One of the 64 digits.
        func digit(_ place: Int) -> UInt8 {
            let word =
                switch place / 16 {
                case 0: first
                case 1: second
                case 2: third
                default: fourth
                }
            return UInt8(truncatingIfNeeded: word >> UInt64(60 - place % 16 * 4)) & 15
        }

        static func < (left: Words, right: Words) -> Bool {
            (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
        }
    }
}

extension Digest: Hashable {
    /// Whether both are the same algorithm's same result.
    package static func == (left: Digest, right: Digest) -> Bool {
        left.front == right.front && left.algorithm == right.algorithm && left.back == right.back
    }

    /// Hashes all of it: documents are written by strangers, who could make the beginnings equal.
    package func hash(into hasher: inout Hasher) {
        withUnsafeBytes(of: front) { hasher.combine(bytes: $0) }
        if algorithm == .sha512 { withUnsafeBytes(of: back) { hasher.combine(bytes: $0) } }
    }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:hex`, the form that documents carry.
    package var description: String {
        switch algorithm {
        case .sha256: text(prefix: "sha256:", digitCount: 64)
        case .sha512: text(prefix: "sha512:", digitCount: 128)
        }
    }
}

extension Digest: Comparable {
    /// Orders by text, so that listings are the same in every run.
    package static func < (left: Digest, right: Digest) -> Bool {
        if left.algorithm != right.algorithm { return left.algorithm == .sha256 }
        return left.front == right.front ? left.back < right.back : left.front < right.front
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
