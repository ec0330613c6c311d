import LayerAnalysis
import LayerArchive
import Testing

/// Layers that are written again show what they showed, and waste nothing but what the layers below them waste.
@Suite struct RewriteTests {
    /// The layers as they are afterwards.
    private static func layers(_ plan: LayerRewriting, of indexes: [LayerIndex], isSquashed: Bool) -> [[LayerEntry]] {
        var next = 0
        return plan.layers.enumerated().compactMap { number, layer in
            defer { next += 1 }
            switch layer {
            case .kept: return (0..<indexes[number].count).map { indexes[number][$0] }
            case .dropped: return nil
            case .written(let entries): return entries.map { $0.entry(indexes) }
            }
        }
    }

    /// What is wrong with the rewriting of an image; nil where nothing is, and for what is no image.
    private static func fault(_ image: [[LayerEntry]], above base: Int, isSquashed: Bool) -> String? {
        guard let before = ImageModel.outcome(of: image).figures else { return nil }
        let indexes = image.map { LayerIndex($0) }
        do throws(RewriteError) {
            let plan = try LayerRewriting(indexes, above: base, isSquashed: isSquashed)
            let result = layers(plan, of: indexes, isSquashed: isSquashed)
            guard let after = ImageModel.outcome(of: result).figures else { return "the model takes it for no image" }
            for path in Set(before.tree.keys).union(after.tree.keys) {
                var (was, item) = (before.tree[path], after.tree[path])
                // Which layer stores it is another matter.
                was?.layer = nil
                item?.layer = nil
                if was == item { continue }
                return "\(String(decoding: path, as: UTF8.self)): \(String(describing: before.tree[path])) is "
                    + "\(String(describing: after.tree[path]))\n\(ImagePrinter.text(result))"
            }
            // What is kept keeps its waste, which is more where a file of it had to be copied.
            let hidden = before.layers.prefix(base).reduce(0) { $0 + $1.hiddenBytes }
            let left = after.layers.prefix(base).reduce(0) { $0 + $1.hiddenBytes }
            guard hidden == left || isSquashed else {
                return "\(left) bytes are wasted, not \(hidden)\n\(ImagePrinter.text(result))"
            }
            guard after.layers.dropFirst(base).allSatisfy({ $0.hiddenBytes == 0 }) else {
                return "what was written wastes bytes:\n\(ImagePrinter.text(result))"
            }
            if isSquashed, result.count > base + 1 { return "there are \(result.count) layers" }
            let again = try LayerRewriting(result.map { LayerIndex($0) }, above: base, isSquashed: isSquashed)
            guard again.layers.allSatisfy({ $0 == .kept }) else {
                return "it changes again:\n\(ImagePrinter.text(result))\n\(again.layers)"
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func check(_ seeds: Range<UInt64>, isSquashed: Bool) {
        for seed in seeds {
            let image = ImageGenerator.image(seed: seed)
            let base = Int(seed) % (image.count + 1)
            guard let fault = fault(image, above: base, isSquashed: isSquashed) else { continue }
            let smallest = ImageShrinker.shrink(image) { image in
                image.count >= base && Self.fault(image, above: base, isSquashed: isSquashed) != nil
            }
            let least = Self.fault(smallest, above: base, isSquashed: isSquashed) ?? fault
            Issue.record("seed \(seed), above \(base):\n\(ImagePrinter.text(smallest))\n\(least)")
            return
        }
    }

    @Test(arguments: 0..<12) func randomLayersShowTheSame(_ block: Int) {
        Self.check(UInt64(block) * 250..<UInt64(block + 1) * 250, isSquashed: false)
    }

    @Test(arguments: 0..<12) func randomLayersShowTheSameAsOne(_ block: Int) {
        Self.check(UInt64(block) * 250..<UInt64(block + 1) * 250, isSquashed: true)
    }
}
