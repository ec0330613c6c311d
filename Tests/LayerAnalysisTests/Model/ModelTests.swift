import LayerArchive
import Testing

/// The model itself, on images whose figures are known; and the tools round it.
@Suite struct ModelTests {
    @Test(arguments: (WorkedCases.all + ReadingCases.all).indices)
    func holdsOnKnownImages(_ index: Int) throws {
        let known = (WorkedCases.all + ReadingCases.all)[index]
        let outcome = ImageModel.outcome(of: known.layers)
        guard let expected = known.expectation else {
            #expect(outcome == .error, "\(known.name)")
            return
        }
        let figures = try #require(outcome.figures, "\(known.name)")
        #expect(KnownFigures.differences(figures, expected) == [], "\(known.name)")
    }

    @Test func everyWastedByteHasOneCauseAndTwoLayers() throws {
        for seed in 0..<2000 {
            let image = ImageGenerator.image(seed: UInt64(seed))
            guard let figures = ImageModel.outcome(of: image).figures else { continue }
            let sums = [
                figures.causes.values.reduce(0, +), figures.layers.map(\.hiddenBytes).reduce(0, +),
                figures.layers.map(\.hidesBytes).reduce(0, +), figures.wastedPaths.values.map(\.bytes).reduce(0, +),
            ]
            #expect(sums.allSatisfy { $0 == figures.wastedBytes }, "seed \(seed):\n\(ImagePrinter.text(image))")
        }
    }

    @Test func everyParentInTheTreeIsADirectory() {
        for seed in 0..<2000 {
            let image = ImageGenerator.image(seed: UInt64(seed))
            guard let figures = ImageModel.outcome(of: image).figures else { continue }
            let parents = figures.tree.keys.map { ModelPath.bytes(ModelPath.names($0).dropLast()) }.filter { !$0.isEmpty }
            #expect(parents.allSatisfy { figures.tree[$0]?.kind == .directory }, "seed \(seed):\n\(ImagePrinter.text(image))")
        }
    }

    @Test func everyCauseIsFrequentInRandomImages() {
        let outcomes = (0..<2000).map { ImageModel.outcome(of: ImageGenerator.image(seed: UInt64($0))) }
        for cause in ModelCause.allCases {
            #expect(outcomes.filter { $0.figures?.causes[cause] != nil }.count > 100, "\(cause)")
        }
        #expect(outcomes.filter { $0 == .error }.count < 400)
        #expect(outcomes.filter { $0.figures?.duplicates.isEmpty == false }.count > 100)
    }

    @Test func sameSeedMakesTheSameImage() {
        #expect(ImageGenerator.image(seed: 42) == ImageGenerator.image(seed: 42))
    }

    @Test func shrinkerKeepsOnlyWhatTheFailureNeeds() {
        let image = [
            [TarEntry.file("a"), TarEntry.file("d/x", bytes: 5000, content: 2), TarEntry.directory("c")],
            [TarEntry.fifo("b")], [TarEntry.symlink("b", to: "d"), TarEntry.whiteout("d")],
        ]
        let small = ImageShrinker.shrink(image) { ImageModel.outcome(of: $0).figures?.causes[.deleted] != nil }
        #expect(small == [[TarEntry.file("d", content: 2)], [TarEntry.whiteout("d")]])
    }

    @Test func printerWritesTheTextThatMakesAnImage() {
        let image = [[TarEntry.file("a", bytes: 10, content: 2, mode: 0o755)], [], [TarEntry.link("b", to: "a")]]
        #expect(
            ImagePrinter.text(image) == """
                [
                    [
                        TarEntry.file("a", bytes: 10, content: 2, mode: 0o755),
                    ],
                    [],
                    [
                        TarEntry.link("b", to: "a"),
                    ],
                ]
                """)
    }
}

/// Compares figures with what is known of them.
enum KnownFigures {
    /// One line for each figure that is not as expected.
    static func differences(_ figures: ModelFigures, _ expected: WorkedCase.Expectation) -> [String] {
        var lines: [String] = []
        func compare<T: Equatable>(_ name: String, _ value: T, _ wanted: T?) {
            if let wanted, wanted != value { lines.append("\(name) is \(value), not \(wanted)") }
        }
        compare("wasted", figures.wastedBytes, expected.wasted)
        compare("causes", figures.causes, expected.causes)
        compare("content", figures.layers.map(\.contentBytes).reduce(0, +), expected.contentBytes)
        compare("visible", figures.visibleBytes, expected.visibleBytes)
        compare("tree", treeLines(figures), expected.tree)
        compare("same inode", sharedNames(figures), expected.sameInode)
        compare("added", figures.layers.map(\.addedCount), expected.added)
        compare("modified", figures.layers.map(\.modifiedCount), expected.modified)
        compare("removed", figures.layers.map(\.removedCount), expected.removed)
        compare("hidden", figures.layers.map(\.hiddenBytes), expected.hidden)
        compare("hides", figures.layers.map(\.hidesBytes), expected.hides)
        return lines
    }

    private static func treeLines(_ figures: ModelFigures) -> [String] {
        figures.tree.keys.sorted(by: ModelPath.isBefore).map { path in
            String(decoding: path, as: UTF8.self) + (figures.tree[path]?.kind == .directory ? "/" : "")
        }
    }

    private static func sharedNames(_ figures: ModelFigures) -> [[String]] {
        Dictionary(grouping: figures.tree.filter { $0.value.kind != .directory }.keys) { figures.tree[$0]?.firstName ?? [] }
            .values.filter { $0.count > 1 }
            .map { $0.map { String(decoding: $0, as: UTF8.self) }.sorted() }
            .sorted { $0[0] < $1[0] }
    }
}
