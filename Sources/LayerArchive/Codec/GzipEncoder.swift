// https://www.rfc-editor.org/rfc/rfc1952

import CISAL

/// Compresses with gzip by ISA-L, about as fast as a disk writes: the same bytes in give the same bytes out, without a name or a time.
enum GzipEncoder {
    /// ISA-L's levels are 0 to 3.
    private static let level: UInt32 = 1
    private static let levelBufferBytes = 1 << 19

    /// A whole member of these bytes.
    static func member(_ bytes: [UInt8]) throws(LayerArchiveError) -> [UInt8] {
        let work = UnsafeMutableRawBufferPointer.allocate(byteCount: levelBufferBytes, alignment: 64)
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        defer {
            work.deallocate()
            stream.deallocate()
        }
        isal_deflate_init(stream)
        stream.pointee.level = level
        stream.pointee.level_buf = work.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.level_buf_size = UInt32(levelBufferBytes)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        stream.pointee.end_of_stream = 1
        var code = COMP_OK
        // What does not compress is stored, with five bytes for each 64 KiB; header and trailer are 18.
        let room = bytes.count + bytes.count / 1024 + 1024
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(room)
                code = isal_deflate(stream)
                count = room - Int(stream.pointee.avail_out)
            }
        }
        guard code == COMP_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else {
            throw .badCompression(.gzip, code: Int(code), detail: "isal_deflate")
        }
        return packed
    }
}
