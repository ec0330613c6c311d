import LayerAnalysis
import LayerArchive
import Testing

@Suite struct EngineTests {
    @Test("Worked cases", arguments: WorkedCases.all.indices)
    func agreesOnWorkedCase(_ index: Int) throws {
        let known = WorkedCases.all[index]
        let figures = try #require(EngineFigures.outcome(of: known.layers).figures, "\(known.name)")
        let expectation = try #require(known.expectation, "\(known.name)")
        #expect(KnownFigures.differences(figures, expectation) == [], "\(known.name)")
    }

    @Test("Readings of unclear sentences", arguments: ReadingCases.all.indices)
    func agreesOnReading(_ index: Int) {
        let known = ReadingCases.all[index]
        #expect(EngineFigures.outcome(of: known.layers) == ImageModel.outcome(of: known.layers), "\(known.name)")
    }

    /// The property: on random images the engine and the brute-force model agree on every figure.
    @Test(arguments: 0..<40) func agreesWithTheModelOnRandomImages(_ block: Int) {
        for seed in UInt64(block) * 250..<UInt64(block + 1) * 250 {
            let image = ImageGenerator.image(seed: seed)
            if EngineFigures.outcome(of: image) == ImageModel.outcome(of: image) { continue }
            let smallest = ImageShrinker.shrink(image) {
                EngineFigures.outcome(of: $0) != ImageModel.outcome(of: $0)
            }
            Issue.record(
                """
                seed \(seed):
                \(ImagePrinter.text(smallest))
                engine: \(EngineFigures.outcome(of: smallest))
                model:  \(ImageModel.outcome(of: smallest))
                """)
            return
        }
    }

    @Test func everyWastedByteHasOneCause() throws {
        for seed in UInt64(0)..<500 {
            let image = ImageGenerator.image(seed: seed)
            guard EngineFigures.outcome(of: image) != .error else { continue }
            let analysis = try EngineFigures.analysis(of: image)
            let totals = analysis.totals
            let wasted = try #require(totals.wastedBytes)
            #expect(analysis.waste.reduce(0) { $0 + ($1.bytes ?? 0) } == wasted, "seed \(seed)")
            #expect(analysis.layers.reduce(0) { $0 + ($1.figures.hiddenBytes ?? 0) } == wasted, "seed \(seed)")
            #expect(analysis.layers.reduce(0) { $0 + ($1.figures.hidesBytes ?? 0) } == wasted, "seed \(seed)")
            #expect(analysis.wastedPaths.reduce(0) { $0 + $1.wastedBytes } == totals.wastedBytes, "seed \(seed)")
        }
    }
}
