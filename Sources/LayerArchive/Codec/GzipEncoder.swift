// https://www.rfc-editor.org/rfc/rfc1952

import CISAL

/// Compresses a stream with gzip, by ISA-L: the same bytes in give the same bytes out, without a name or a time in the header.
package enum GzipEncoder {
    private static let bufferBytes = 1 << 20
    /// ISA-L's levels are 0 to 3; 1 is about as fast as a disk writes.
    private static let level: UInt32 = 1
    private static let levelBufferBytes = 1 << 19

    /// Compresses all of `source` and hands the result to `sink`, piece by piece, in order.
    package static func encode(
        _ source: any ByteSource, into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws(LayerArchiveError) {
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
        let work = UnsafeMutableRawBufferPointer.allocate(byteCount: levelBufferBytes, alignment: 64)
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        defer {
            input.deallocate()
            output.deallocate()
            work.deallocate()
            stream.deallocate()
        }
        isal_deflate_init(stream)
        stream.pointee.level = level
        stream.pointee.level_buf = work.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.level_buf_size = UInt32(levelBufferBytes)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        var isLast = false
        while !isLast {
            // Full buffers, so that the result does not depend on how the bytes arrive.
            let count = try source.fill(input)
            isLast = count < input.count
            stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_in = UInt32(count)
            stream.pointee.end_of_stream = isLast ? 1 : 0
            repeat {
                stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                let code = isal_deflate(stream)
                guard code == COMP_OK else { throw .badCompression(.gzip, code: Int(code), detail: "isal_deflate") }
                let made = output.count - Int(stream.pointee.avail_out)
                do { try sink(UnsafeRawBufferPointer(rebasing: output[..<made])) } catch { throw .tapFailed(error) }
            } while stream.pointee.avail_out == 0
        }
    }
}
