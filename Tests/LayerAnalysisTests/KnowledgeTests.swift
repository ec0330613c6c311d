import LayerAnalysis
import LayerArchive
import OCISpec
import Testing

/// What is told of images of which not all is known.
@Suite struct KnowledgeTests {
    private static func identity(_ number: UInt8, isAbsent: Bool) throws -> LayerIdentity {
        let digest = try #require(Digest(bytes: [UInt8](repeating: number, count: 32)))
        return LayerIdentity(
            diffID: digest, digest: digest, mediaType: MediaType.layer, createdBy: nil, compressedBytes: 10,
            tarBytes: isAbsent ? nil : 20, isAbsent: isAbsent)
    }

    /// The analysis of layers, nil for one that is not known.
    private func analysis(_ layers: [[LayerEntry]?], baseLayerCount: Int? = nil) throws -> ImageAnalysis {
        var tree = MergedTree()
        for layer in layers {
            if let layer { try tree.apply(LayerIndex(layer)) } else { tree.applyUnknown() }
        }
        let identities = try layers.enumerated().map { try Self.identity(UInt8($0), isAbsent: $1 == nil) }
        return ImageAnalysis(EngineFigures.unnamed, identities, tree.findings(), baseLayerCount: baseLayerCount)
    }

    private static let file = [TarEntry.file("a", bytes: 100, content: 1)]
    private static let whiteout = [TarEntry.whiteout("a")]

    @Test func aLayerIsKnownByItself() throws {
        let layers = try analysis([nil, Self.file, Self.whiteout]).layers.map(\.figures)
        #expect(layers.map(\.entryCount) == [nil, 1, 1])
        #expect(layers.map(\.contentBytes) == [nil, 100, 0])
        #expect(layers.map(\.hidesBytes) == [nil, nil, nil] && layers.map(\.hiddenBytes) == [nil, nil, nil])
        #expect(layers.map(\.addedCount) == [nil, nil, nil] && layers.map(\.modifiedCount) == [nil, nil, nil])
    }

    @Test func whatALayerHidesIsKnownWhereThoseBelowAre() throws {
        let layers = try analysis([Self.file, Self.whiteout, nil]).layers.map(\.figures)
        #expect(layers[1].hidesBytes == 100 && layers[1].removedCount == 1)
        #expect(layers[0].hiddenBytes == nil)
    }

    @Test func sumsOfWhatIsKnownAreKnown() throws {
        let totals = try analysis([nil, Self.file], baseLayerCount: 1).totals
        #expect(totals.isPartial && totals.unknownLayerCount == 1 && totals.compressedBytes == 20)
        #expect(totals.user?.contentBytes == 100)
        #expect(totals.user?.wastedBytes == nil && totals.user?.wastedRatio == nil)
        #expect(totals.tarBytes == nil && totals.contentBytes == nil && totals.wastedBytes == nil && totals.efficiency == nil)
    }

    @Test func anImageThatIsKnownIsWhole() throws {
        let analysis = try analysis([Self.file, Self.whiteout])
        #expect(!analysis.totals.isPartial && analysis.totals.wastedBytes == 100 && analysis.totals.tarBytes == 40)
    }

    /// A link may lead into a layer that nobody has read; where all are known it leads nowhere.
    @Test func aHardLinkMayLeadIntoWhatIsNotKnown() throws {
        let link = [TarEntry.link("l", to: "b")]
        #expect(throws: AnalysisError.self) { try analysis([Self.file, link]) }
        #expect(try analysis([nil, link]).layers[1].figures.contentBytes == 0)
        #expect(try analysis([nil, link, [TarEntry.whiteout("l")]]).wastedPaths.isEmpty)
    }

    // MARK: Which layers are the same

    private func side(_ layers: [(identity: LayerIdentity, entries: [LayerEntry])]) -> DiffSide {
        let config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: layers.map(\.identity.diffID)))
        return DiffSide(
            image: EngineFigures.unnamed, config: config, layers: layers.map(\.identity),
            indexes: layers.map { LayerIndex($0.entries) })
    }

    /// A diff ID is a claim: a blob that nobody has read may be anything.
    @Test func aDiffIDAloneMakesNoLayersTheSame() throws {
        var other = try Self.identity(1, isAbsent: true)
        other.digest = try Self.identity(2, isAbsent: true).digest
        let unread = try Self.identity(1, isAbsent: true)
        #expect(try ImageDiff(from: side([(unread, [])]), to: side([(unread, [])])).isEmpty)
        #expect(try !ImageDiff(from: side([(unread, [])]), to: side([(other, [])])).isEmpty)
        other.isAbsent = false
        let read = try Self.identity(1, isAbsent: false)
        #expect(try ImageDiff(from: side([(read, Self.file)]), to: side([(other, Self.file)])).isEmpty)
        #expect(try !ImageDiff(from: side([(read, Self.file)]), to: side([(other, Self.whiteout)])).isEmpty)
    }

    @Test func theSumsOfADiffAreNotKnownWhereAnImageIsNot() throws {
        let (unread, read) = (try Self.identity(1, isAbsent: true), try Self.identity(2, isAbsent: false))
        let diff = try ImageDiff(from: side([(unread, [])]), to: side([(unread, []), (read, Self.file)]))
        #expect(diff.totals.isPartial && diff.totals.paths == nil && diff.totals.visibleDelta == nil)
        #expect(diff.totals.contentDelta == nil && diff.totals.wastedDelta == nil && diff.totals.compressedDelta == 10)
        #expect(diff.layers.map(\.contentBytes) == [nil, 100])
        #expect(diff.layers.map(\.knownBytes) == [nil, nil])
        #expect(diff.paths.map(\.path).contains(Array("a".utf8)))
    }
}
