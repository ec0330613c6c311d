// https://www.rfc-editor.org/rfc/rfc1952

import CISAL
import Glibc

/// gzip of any number of members, each checked against its CRC and length.
///
/// Zero bytes after the last member are padding, as gzip(1) has it; anything else there is an error.
final class GzipDecoder: StreamDecoder {
    private enum Stage {
        /// Before the first member.
        case start
        case member
        /// Behind a member's trailer; nothing of what follows is used yet.
        case between
        /// Behind zero padding, where only more of it may stand.
        case padding
    }

    private let state: UnsafeMutablePointer<inflate_state>
    private var stage = Stage.start

    init() {
        state = .allocate(capacity: 1)
        memset(state, 0, MemoryLayout<inflate_state>.size)
        isal_inflate_init(state)
    }

    deinit { state.deallocate() }

    func fill(_ target: UnsafeMutableRawBufferPointer, from input: StoredInput) throws(LayerArchiveError) -> Int {
        state.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(target.count)
        while state.pointee.avail_out > 0 {
            if stage != .member {
                guard try beginMember(input) else { break }
            }
            try inflate(input)
        }
        return target.count - Int(state.pointee.avail_out)
    }

    /// Looks at what stands where a member may begin; false when the stream has ended.
    private func beginMember(_ input: StoredInput) throws(LayerArchiveError) -> Bool {
        while try input.refill() {
            let chunk = input.chunk
            if stage == .start || (stage == .between && chunk[0] == 0x1F) {
                var header = GzipHeader(input)
                try header.read(isFirst: stage == .start)
                isal_inflate_reset(state)
                // The library's own reading of headers and trailers fails where they lie across two chunks.
                state.pointee.crc_flag = UInt32(ISAL_GZIP_NO_HDR)
                stage = .member
                return true
            }
            let zeros = chunk.firstIndex { $0 != 0 } ?? chunk.count
            if zeros < chunk.count { throw .trailingGarbage(.gzip) }
            stage = .padding
            input.use(zeros)
        }
        return false
    }

    /// Inflates until the output is full, the chunk used up or the member at its end.
    private func inflate(_ input: StoredInput) throws(LayerArchiveError) {
        let chunk = input.chunk
        // The library's field is not const, but it only reads.
        state.pointee.next_in = UnsafeMutablePointer(mutating: chunk.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(chunk.count)
        let code = isal_inflate(state)
        input.use(chunk.count - Int(state.pointee.avail_in))
        if code != ISAL_DECOMP_OK { throw fault(code) }
        if state.pointee.block_state == ISAL_BLOCK_FINISH {
            try endMember(input)
        } else if state.pointee.avail_out > 0, state.pointee.avail_in == 0 {
            guard try input.refill() else { throw .compressedTruncated(.gzip) }
        }
    }

    /// Compares the trailer, whose first bytes the library may hold already, with what came out.
    private func endMember(_ input: StoredInput) throws(LayerArchiveError) {
        let held = Int(state.pointee.read_in_length)
        var bytes = state.pointee.read_in >> UInt64(held % 8)
        var trailer: UInt64 = 0
        for place in 0..<8 {
            if place < held / 8 {
                trailer |= (bytes & 0xFF) << UInt64(8 * place)
                bytes >>= 8
            } else {
                trailer |= UInt64(try GzipHeader.byte(input)) << UInt64(8 * place)
            }
        }
        guard trailer == UInt64(state.pointee.crc) | UInt64(state.pointee.total_out) << 32 else {
            throw fault(ISAL_INCORRECT_CHECKSUM)
        }
        stage = .between
    }

    private func fault(_ code: Int32) -> LayerArchiveError {
        let detail =
            switch code {
            case ISAL_INVALID_BLOCK: "invalid block"
            case ISAL_INVALID_SYMBOL: "invalid symbol"
            case ISAL_INVALID_LOOKBACK: "invalid lookback distance"
            case ISAL_INCORRECT_CHECKSUM: "incorrect checksum"
            default: "unexpected result"
            }
        return .badCompression(.gzip, code: Int(code), detail: detail)
    }
}

/// Reads a member's header, byte by byte: it is short, and may lie across chunks anywhere.
private struct GzipHeader {
    private let input: StoredInput
    /// The CRC of the bytes so far, for headers that carry one.
    private var sum: UInt32 = 0

    init(_ input: StoredInput) { self.input = input }

    /// Goes past the header; what cannot be one is garbage behind a member before it.
    mutating func read(isFirst: Bool) throws(LayerArchiveError) {
        let base: [UInt8] = [try next(), try next(), try next(), try next()]
        let flags = base[3]
        guard base[0] == 0x1F, base[1] == 0x8B, base[2] == 8, flags & 0xE0 == 0 else {
            if !isFirst { throw .trailingGarbage(.gzip) }
            throw .badCompression(.gzip, code: Int(ISAL_INVALID_WRAPPER), detail: "invalid header")
        }
        for _ in 0..<6 { _ = try next() }
        if flags & 4 != 0 {
            let length = Int(try next()) | Int(try next()) << 8
            for _ in 0..<length { _ = try next() }
        }
        // A name and a comment, each up to a zero byte.
        if flags & 8 != 0 { while try next() != 0 {} }
        if flags & 16 != 0 { while try next() != 0 {} }
        guard flags & 2 != 0 else { return }
        let expected = UInt16(truncatingIfNeeded: sum)
        guard UInt16(try next()) | UInt16(try next()) << 8 == expected else {
            throw .badCompression(.gzip, code: Int(ISAL_INCORRECT_CHECKSUM), detail: "incorrect header checksum")
        }
    }

    private mutating func next() throws(LayerArchiveError) -> UInt8 {
        var byte = try Self.byte(input)
        sum = crc32_gzip_refl(sum, &byte, 1)
        return byte
    }

    /// The next stored byte; there must be one.
    static func byte(_ input: StoredInput) throws(LayerArchiveError) -> UInt8 {
        guard try input.refill() else { throw .compressedTruncated(.gzip) }
        defer { input.use(1) }
        return input.chunk[0]
    }
}
