import Foundation
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import Operations
import TestSupport
import Testing

/// Images found by their names and looked at, without the program.
struct AnalysisOperationTests {
    private func scene() throws -> OperationScene {
        let scene = try OperationScene()
        try scene.load(.base, .app)
        return scene
    }

    @Test func figuresOfANamedImage() throws {
        let analysis = try scene().run { try $0.analysis($0.image("localhost/app:1", .silent), base: nil) }
        #expect(analysis.totals.contentBytes == 1520)
        #expect(analysis.totals.visibleBytes == 1020)
        #expect(analysis.totals.wastedBytes == 500)
    }

    @Test func theBaseIsTheLongestPrefixInTheStore() throws {
        let base = try scene().run { try $0.findBase(of: $0.image("localhost/app:1", .silent), asked: nil, .silent) }
        #expect(base?.name == "localhost/base:1")
        #expect(base?.layerCount == 1)
    }

    @Test func whatIsNoBaseIsRefused() throws {
        #expect {
            try scene().run { try $0.findBase(of: $0.image("localhost/base:1", .silent), asked: "localhost/app:1", .silent) }
        } throws: { error in
            if case OperationError.notABase("localhost/app:1", image: "localhost/base:1") = error { true } else { false }
        }
    }

    // MARK: Files

    private static let kept = Array("opt/keep".utf8)

    /// An engine's listing has checksums of another kind: what is read is held against what the reading itself finds.
    @Test func aFileOfAListingIsReadFromTheWholeImage() throws {
        let (wanted, read) = try scene().run { workspace -> ([UInt8], [UInt8]) in
            let image = try workspace.image("localhost/app:1", .silent)
            let version = try #require(try workspace.versions(of: Self.kept, shown: nil, in: image).first)
            var listed = image
            listed.rereading = nil
            listed.readWhole = { image }
            listed.layers[1].listing = LayerIndex([
                LayerEntry(path: Array("opt".utf8), kind: .directory),
                LayerEntry(path: Array("opt/app".utf8), kind: .file, size: 500, content: ContentHash(low: 1)),
                LayerEntry(path: Self.kept, kind: .file, size: 20, content: ContentHash(low: 2)),
            ])
            return (
                try workspace.content(of: version, limit: 100, in: image),
                try workspace.content(of: version, limit: 100, in: listed)
            )
        }
        #expect(wanted.count == 20 && read == wanted)
    }

    @Test func aFileThatIsNotWhatItWasIsNotShown() throws {
        let scene = try scene()
        let path = scene.folder.path("store/blobs/sha256/\(ImageBuilder.app.layers[1].diffID.hex)")
        #expect {
            try scene.run { workspace in
                let image = try workspace.image("localhost/app:1", .silent)
                let version = try #require(try workspace.versions(of: Self.kept, shown: nil, in: image).first)
                var bytes = try Data(contentsOf: URL(filePath: path))
                let content = try workspace.content(of: version, limit: 100, in: image)
                let place = try #require(bytes.range(of: Data(content)))
                bytes[place.lowerBound] ^= 1
                try bytes.write(to: URL(filePath: path))
                _ = try workspace.content(of: version, limit: 100, in: image)
            }
        } throws: { error in
            if case OperationError.contentDiffers(layer: 1, image: "localhost/app:1") = error { true } else { false }
        }
    }

    @Test func filesOfALayerAndOfTheTree() throws {
        let scene = try scene()
        let paths = try scene.run { workspace in
            let image = try workspace.image("localhost/app:1", .silent)
            return try [nil, 1].map { layer in
                let files = try workspace.files(of: image, under: "/opt", layer: layer, ListingOptions())
                return files.entries?.map { String(decoding: $0.path, as: UTF8.self) } ?? []
            }
        }
        #expect(paths[0].contains("opt/keep") && !paths[0].contains("opt/app"))
        #expect(paths[1].contains("opt/app"))
    }

    @Test(arguments: [("/nothing", nil as Int?), ("/opt", 7)]) func whatIsNotThereIsNamed(_ path: String, _ layer: Int?) throws {
        #expect {
            try scene().run { workspace in
                try workspace.files(
                    of: workspace.image("localhost/app:1", .silent), under: path, layer: layer, ListingOptions())
            }
        } throws: { error in
            switch error as? OperationError {
            case .noSuchPath(path, image: "localhost/app:1"): layer == nil
            case .noSuchLayer(7, count: 3): layer == 7
            default: false
            }
        }
    }

    @Test func whatALayerChangesIsADiffOfTwoTrees() throws {
        let diff = try scene().run { workspace in
            try workspace.diff(of: 2, in: workspace.image("localhost/app:1", .silent), ignoringTimes: true)
        }
        #expect(diff.paths.map { String(decoding: $0.path, as: UTF8.self) }.contains("opt/app"))
    }

    @Test func aPathsStoryNamesWhoKeepsIt() throws {
        let story = try scene().run { try $0.story(of: "/etc/base", in: $0.image("localhost/app:1", .silent)) }
        #expect(story.history.current?.layer == 0)
        #expect(!story.chains.isEmpty)
        #expect(story.asked == nil)
    }

    @Test func severalImagesAreNoSingleOne() throws {
        let scene = try scene()
        let path = try scene.archive(.base, .app)
        #expect {
            try scene.run { try $0.image(path, .silent) }
        } throws: { error in
            if case OperationError.severalImages(source: path, let available) = error { available.count == 2 } else { false }
        }
    }

    @Test func aTrendHasEachImageThatANameMeant() throws {
        let scene = try scene()
        try scene.load(ImageBuilder.app.with { $0.author = "somebody else" })
        let trend = try scene.run { try $0.trend(of: "localhost/app", by: .observed, since: nil, last: nil) }
        #expect(trend.trend.points.count == 2)
        #expect(trend.current.count == 1)
    }

    @Test func listedImagesAreThoseOfTheFilter() throws {
        let scene = try scene()
        let names = try scene.run { workspace in
            try [[], ["reference=localhost/base"]].map { try workspace.listedImages(ImageFilter(parsing: $0)).map(\.repository) }
        }
        #expect(Set(names[0]) == ["localhost/base", "localhost/app"])
        #expect(names[1] == ["localhost/base"])
    }

    /// An image that is listed and cannot be read is told, and the others are listed.
    @Test func anUnreadableImageIsRemarked() throws {
        let scene = try scene()
        let digest = try scene.run { try $0.store.resolve("localhost/base:1").digest }
        try Data("{".utf8).write(to: URL(filePath: scene.folder.path("store/blobs/sha256/\(digest.hex)")))
        let listed = try scene.run { try $0.listedImages(ImageFilter([])) }
        #expect(listed.map(\.repository) == ["localhost/app"])
        #expect(
            scene.remarks.contains {
                if case .unreadableImage(name: "localhost/base:1", _) = $0 { true } else { false }
            })
    }
}
