import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Operations
import TestSupport
import Testing

/// Images that are written again together, without the program.
struct AcrossOperationTests {
    /// Two files whose fast hashes are the same, as somebody can make them, are found out before anything is written.
    @Test(arguments: [true, false]) func filesOfOneHashAreCompared(areEqual: Bool) throws {
        let scene = try OperationScene()
        let seeds: [UInt64] = areEqual ? [1, 1] : [1, 2]
        for (number, seed) in seeds.enumerated() {
            // The order tells the layers apart.
            let members: [TarMember] = [.file("x", size: 30_000, seed: seed), .file("own", text: "\(number)")]
            try scene.load(ImageBuilder([BuiltLayer(members)], named: "localhost/\(number):1"))
        }
        try scene.run { workspace in
            let digests = try (0..<2).map { number in
                try workspace.image("localhost/\(number):1", .silent).layers[0].descriptor.digest
            }
            // What the indexes of such files would say.
            let hash = ContentHash(low: 1, high: 2)
            let indexes = (0..<2).map { number in
                LayerIndex([
                    LayerEntry(path: Array("x".utf8), kind: .file, size: 30_000, content: hash),
                    LayerEntry(path: Array("own".utf8), kind: .file, size: 1, content: ContentHash(low: UInt64(number), high: 9)),
                ])
            }
            let plan = try AcrossRewriting([[0], [1]], indexes, AcrossRequest())
            #expect(plan.equals.groups.count == (plan.isUnchanged ? 0 : 1))
            let check = EqualContentCheck(
                digests: digests, indexes: indexes, content: workspace.store.content, limits: workspace.options.limits)
            do {
                try check.check(plan.equals)
                #expect(areEqual)
            } catch let error as OperationError {
                guard case .notShareable(.sameHash(let path)) = error else { throw error }
                #expect(!areEqual && path == Array("x".utf8))
            }
        }
    }
}
