// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests

import Synchronization

/// The name of some bytes: a registered hash algorithm and its lower-case hexadecimal result.
package struct Digest: Sendable {
    /// The algorithms that the image-spec registers.
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha256
        case sha512

        /// What stands before the digits.
        fileprivate var prefix: StaticString {
            switch self {
            case .sha256: "sha256:"
            case .sha512: "sha512:"
            }
        }

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
        /// It is not `algorithm:hex`, or has not as many lower-case digits as the algorithm.
        case malformed(String)
        /// It is a digest of an algorithm that is not known here.
        case unsupportedAlgorithm(String)
    }

    /// The first 32 bytes of the hash.
    private let front: Words
    /// Where the other 32 bytes of SHA-512's are; nil for SHA-256.
    private let back: BackHalves.Place?

    /// The algorithm that made the digest.
    package var algorithm: Algorithm { back == nil ? .sha256 : .sha512 }

    /// Parses `algorithm:hex`; upper-case digits and wrong lengths are refused.
    package init(_ text: some StringProtocol) throws(ParseError) {
        var text = String(text)
        let result: Result<Digest, ParseError> = text.withUTF8 { bytes in
            do throws(ParseError) { return .success(try Digest(utf8: bytes)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// The digest that a text is; nil for any other text, where nobody wants to know why it is none.
    package init?(ifValid text: some StringProtocol) {
        // The reason is not asked for.
        do throws(ParseError) { try self.init(text) } catch { return nil }
    }

    /// Parses `algorithm:hex` from the text's bytes.
    package init(utf8 text: UnsafeBufferPointer<UInt8>) throws(ParseError) {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed(Self.string(text)) }
        let name = text[..<colon]
        // Asked of `allCases`, each of the hundreds of thousands in a large store would make an array.
        let algorithm: Algorithm
        if name.elementsEqual(Algorithm.sha256.rawValue.utf8) {
            algorithm = .sha256
        } else if name.elementsEqual(Algorithm.sha512.rawValue.utf8) {
            algorithm = .sha512
        } else {
            throw .unsupportedAlgorithm(Self.string(text))
        }
        guard let digest = Digest(algorithm: algorithm, hex: UnsafeBufferPointer(rebasing: text[(colon + 1)...])) else {
            throw .malformed(Self.string(text))
        }
        self = digest
    }

    /// The digest of these digits; nil when one is no lower-case hexadecimal digit, or their number is wrong.
    package init?(algorithm: Algorithm, hex digits: UnsafeBufferPointer<UInt8>) {
        guard digits.count == algorithm.hexLength, let front = Words(digits, from: 0) else { return nil }
        self.front = front
        switch algorithm {
        case .sha256: back = nil
        case .sha512:
            guard let half = Words(digits, from: 64) else { return nil }
            back = BackHalves.shared.place(of: half)
        }
    }

    /// The digest whose raw hash is `bytes`, which must be as long as SHA-256's or SHA-512's result.
    package init?(algorithm: Algorithm = .sha256, bytes: some Collection<UInt8>) {
        guard bytes.count * 2 == algorithm.hexLength else { return nil }
        front = Words(bytes.prefix(32))
        back = algorithm == .sha512 ? BackHalves.shared.place(of: Words(bytes.dropFirst(32))) : nil
    }

    /// The same of bytes in memory.
    package init?(algorithm: Algorithm = .sha256, raw bytes: UnsafeRawBufferPointer) {
        guard bytes.count * 2 == algorithm.hexLength else { return nil }
        front = Words(bytes, from: 0)
        back = algorithm == .sha512 ? BackHalves.shared.place(of: Words(bytes, from: 32)) : nil
    }

    /// The raw hash: 32 bytes for SHA-256, 64 for SHA-512.
    package var rawBytes: [UInt8] {
        var bytes = front.bytes
        if let back { bytes += BackHalves.shared[back].bytes }
        return bytes
    }

    /// The encoded part: lower-case hexadecimal digits, as many as the algorithm gives.
    package var hex: String { text(prefix: "", digitCount: algorithm.hexLength) }

    /// The first twelve digits, as listings show an image ID.
    package var short: String { text(prefix: "", digitCount: 12) }

    private func text(prefix: StaticString, digitCount: Int) -> String {
        String(unsafeUninitializedCapacity: prefix.utf8CodeUnitCount + digitCount) { buffer in
            write(prefix: prefix, digitCount: digitCount, to: buffer)
        }
    }

    /// The bytes of `description`, for as long as `body` runs.
    func withDescription<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
        let digitCount = algorithm.hexLength
        let capacity = algorithm.prefix.utf8CodeUnitCount + digitCount
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
            let length = write(prefix: algorithm.prefix, digitCount: digitCount, to: buffer)
            return body(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[..<length]))
        }
    }

    /// Writes `prefix` and as many digits, for which there is room, and returns how many bytes that is.
    private func write(prefix: StaticString, digitCount: Int, to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var end = 0
        func append(_ byte: UInt8) {
            buffer[end] = byte
            end += 1
        }
        for place in 0..<prefix.utf8CodeUnitCount { append(prefix.utf8Start[place]) }
        var rest: UInt64 = 0
        for place in 0..<digitCount {
            if place & 15 == 0 { rest = word(place >> 4) }
            let digit = UInt8(truncatingIfNeeded: rest >> 60)
            rest <<= 4
            append(digit < 10 ? digit + UInt8(ascii: "0") : digit + UInt8(ascii: "a") - 10)
        }
        return end
    }

    /// Sixteen of the digits.
    private func word(_ place: Int) -> UInt64 {
        if place < 4 { return front[place] }
        return back.map { BackHalves.shared[$0][place - 4] } ?? 0
    }

    private static func string(_ text: UnsafeBufferPointer<UInt8>) -> String { String(decoding: text, as: UTF8.self) }
}

extension Digest {
    /// Thirty-two bytes of a hash, in words whose order as numbers is that of their digits.
    ///
    /// A look at a store of ten thousand images compares and hashes digests millions of times: as words they need no heap, no
    /// counting of references, and a quarter of the bytes to hash.
    fileprivate struct Words: Hashable, Sendable {
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

        /// The words of 32 bytes from a place on, which the caller sees to be there.
        init(_ bytes: UnsafeRawBufferPointer, from start: Int) {
            func word(_ place: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + place * 8, as: UInt64.self))
            }
            (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
        }

        /// The words in their order.
        subscript(place: Int) -> UInt64 {
            switch place {
            case 0: first
            case 1: second
            case 2: third
            default: fourth
            }
        }

        /// The 32 bytes.
        var bytes: [UInt8] {
            [first, second, third, fourth].flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
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

        static func < (left: Words, right: Words) -> Bool {
            (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
        }
    }
}

/// The back halves of all SHA-512 results that the process has come by, each once.
///
/// Hardly any document names such a digest, and every digest would be twice as long for it: so it holds a place in this list, and
/// two are the same where their places are. The list only grows, by 32 bytes for each that some document has named.
private final class BackHalves: Sendable {
    /// Where a half is in the list.
    typealias Place = UInt32

    private struct State {
        var halves: [Digest.Words] = []
        var places: [Digest.Words: Place] = [:]
    }

    static let shared = BackHalves()
    private let state = Mutex(State())

    func place(of half: Digest.Words) -> Place {
        state.withLock { state in
            if let place = state.places[half] { return place }
            let place = Place(state.halves.count)
            state.halves.append(half)
            state.places[half] = place
            return place
        }
    }

    subscript(place: Place) -> Digest.Words { state.withLock { $0.halves[Int(place)] } }
}

extension Digest: Hashable {
    /// Whether both are the same algorithm's same result.
    package static func == (left: Digest, right: Digest) -> Bool { left.front == right.front && left.back == right.back }

    /// Hashes all of it: documents are written by strangers, who could make the beginnings equal.
    ///
    /// The words are folded into one with numbers that no stranger knows, and only that is given to the hasher: a look at a large
    /// store does this a million times.
    package func hash(into hasher: inout Hasher) {
        let keys = Self.foldingKeys
        hasher.combine(
            Self.fold(front.first ^ keys.0, front.second ^ keys.1) ^ Self.fold(front.third ^ keys.2, front.fourth ^ keys.3))
        if let back { hasher.combine(back) }
    }

    private static let foldingKeys = (
        UInt64.random(in: 1 ... .max), UInt64.random(in: 1 ... .max), UInt64.random(in: 1 ... .max), UInt64.random(in: 1 ... .max)
    )

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:hex`, the form that documents carry.
    package var description: String {
        text(prefix: algorithm.prefix, digitCount: algorithm.hexLength)
    }
}

extension Digest: Comparable {
    /// Orders by text, so that listings are the same in every run.
    package static func < (left: Digest, right: Digest) -> Bool {
        if left.algorithm != right.algorithm { return left.back == nil }
        guard left.front == right.front, let leftBack = left.back, let rightBack = right.back else {
            return left.front < right.front
        }
        return BackHalves.shared[leftBack] < BackHalves.shared[rightBack]
    }
}

extension Digest: Codable {
    /// Decodes `algorithm:hex`; what does not parse is corrupt data, so that the field at fault is named.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
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
