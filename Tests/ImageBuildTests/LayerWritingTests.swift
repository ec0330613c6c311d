import Foundation
import ImageBuild
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// From a folder to a layer: the blob is what its claims say, and the same each time.
@Suite struct LayerWritingTests {
    private struct NoTree: TargetTree {
        func entry(at path: [UInt8]) -> TargetEntry? { nil }
    }

    private func context() throws -> (TemporaryDirectory, ContextFolder) {
        let folder = try TemporaryDirectory()
        let script = """
            cd "$1" && mkdir -p d/sub && printf hello > d/f && ln d/f d/hard && ln -s f d/link
            head -c 3000000 /dev/urandom > d/sub/large && : > d/empty && find . -exec touch -h -d @1700000000 {} +
            """
        #expect(try Program.shell.run(["-c", script, "sh", folder.path]).status == 0)
        return (folder, ContextFolder(try Directory.open(FilePath(folder.path))))
    }

    private final class Blob: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var all: [UInt8] { bytes.withLock { $0 } }
        func add(_ piece: UnsafeRawBufferPointer) { bytes.withLock { $0 += piece } }
    }

    private func assemble(_ plan: CopyPlan, _ context: ContextFolder, into blob: Blob) throws -> AssembledLayer {
        try LayerAssembly.assemble(into: { blob.add($0) }) { writer in
            try plan.write(to: writer, [context.contents(of: [])])
        }
    }

    @Test func theBlobIsWhatItsClaimsSay() throws {
        let (folder, context) = try context()
        defer { withExtendedLifetime(folder) {} }
        let request = CopyRequest(destination: Array("/app/".utf8))
        let plan = try CopyPlan(request, [CopyPart(context, .files([Array("d".utf8)]))], onto: NoTree())
        let blob = Blob()
        let layer = try assemble(plan, context, into: blob)
        #expect(sha256(blob.all) == layer.digest)
        #expect(Int64(blob.all.count) == layer.compressedBytes)
        let again = try LayerScanner.scan(source: MemorySource(blob.all))
        #expect(again.diffID == layer.scan.diffID && again.index == layer.scan.index && again.compression == .gzip)
        let lines = (0..<again.index.count).map { number in
            let entry = again.index[number]
            let target = entry.linkTarget.isEmpty ? "" : " > " + String(decoding: entry.linkTarget, as: UTF8.self)
            return "\(entry.kind) \(String(decoding: entry.path, as: UTF8.self)) \(entry.size) \(entry.uid)\(target)"
        }
        #expect(
            lines == [
                "directory app 0 0", "file app/empty 0 0", "file app/f 5 0", "hardLink app/hard 0 0 > app/f",
                "symlink app/link 0 0 > f", "directory app/sub 0 0", "file app/sub/large 3000000 0",
            ])
        let second = Blob()
        #expect(try assemble(plan, context, into: second).digest == layer.digest)
        #expect(second.all == blob.all)
    }

    @Test func aFileThatChangesMeanwhileIsAnError() throws {
        let (folder, context) = try context()
        let request = CopyRequest(destination: Array("/".utf8))
        let plan = try CopyPlan(request, [CopyPart(context, .files([Array("d".utf8)]))], onto: NoTree())
        for text in ["longer than it was", ""] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path("d/f")))
            #expect(throws: BuildError.changedMeanwhile(path: Array("d/f".utf8))) { try assemble(plan, context, into: Blob()) }
        }
        try FileManager.default.removeItem(atPath: folder.path("d/sub/large"))
        try Data("hello".utf8).write(to: URL(fileURLWithPath: folder.path("d/f")))
        #expect(throws: BuildError.self) { try assemble(plan, context, into: Blob()) }
    }

    @Test func aSinkThatFailsEndsItAll() throws {
        struct Full: Error {}
        let (folder, context) = try context()
        defer { withExtendedLifetime(folder) {} }
        let request = CopyRequest(destination: Array("/".utf8))
        let plan = try CopyPlan(request, [CopyPart(context, .files([Array("d".utf8)]))], onto: NoTree())
        for _ in 0..<20 {
            #expect(throws: (any Error).self) {
                try LayerAssembly.assemble(into: { _ in throw Full() }) { writer in
                    try plan.write(to: writer, [context.contents(of: [])])
                }
            }
        }
    }

    @Test func aLayerOfNothingIsATar() throws {
        let blob = Blob()
        let layer = try LayerAssembly.assemble(into: { blob.add($0) }) { _ in }
        #expect(layer.scan.index.count == 0 && layer.scan.tarBytes == 1024)
        #expect(try LayerScanner.scan(source: MemorySource(blob.all)).diffID == layer.scan.diffID)
    }
}
