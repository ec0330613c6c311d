import LayerArchive
import TestSupport
import Testing

/// Layers that are nearly nothing but zeros, as of sparse files: what is written here can be read without raising a limit.
struct DenseLayerTests {
    @Test(arguments: LayerCompression.allCases) func whatIsWrittenIsNoBomb(_ compression: LayerCompression) throws {
        var limits = ScanLimits()
        limits.ratioFloorBytes = 1 << 20
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let header = TarHeader.file("lastlog", size: 48 << 20)
        let bytes = Collected()
        let layer = try LayerAssembly.assemble(
            into: { bytes.add($0) }, packing: LayerPacking(compression), limits: limits
        ) { writer in
            try writer.begin(header)
            for _ in 0..<48 { try zeros.withUnsafeBytes { try writer.write($0) } }
        }
        #expect(layer.compressedBytes == Int64(bytes.all.count))
        if compression == .zstd { #expect(bytes.all.count < 300_000, "short blocks are made only where they are needed") }
        #expect(failure(bytes.all, limits: limits) == nil)
        // By another program too.
        if compression == .zstd { #expect(try Compressor.run("zstd", ["-dqc"], on: bytes.all).count > 48 << 20) }
    }

    /// The bytes of a blob; one thread adds, and another reads when that has ended.
    private final class Collected: @unchecked Sendable {
        private(set) var all: [UInt8] = []

        func add(_ bytes: UnsafeRawBufferPointer) { all += bytes }
    }
}
