import Foundation
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Layers that many writers made, found in their archives by what they hold.
struct SharedArchiveTests {
    struct Expected: Decodable {
        struct Layer: Decodable {
            let digest: String
            let compression: String
            let diff_id: String
        }
        struct Image: Decodable {
            let layers: [Layer]?
        }
        struct Archive: Decodable {
            let images: [Image]?
        }
        let archives: [String: Archive]
    }

    @Test(.needsCases) func everyLayerHasTheDiffIDItsImageClaims() throws {
        let folder = try #require(SharedCases.url("archives/made"))
        let data = try Data(contentsOf: folder.appendingPathComponent("expected.json"))
        for (name, archive) in try JSONDecoder().decode(Expected.self, from: data).archives {
            let found = try layers(of: folder.appendingPathComponent(name))
            for layer in (archive.images ?? []).flatMap({ $0.layers ?? [] }) {
                let scan = found[layer.digest]
                #expect(scan?.diffID.description == layer.diff_id, "\(name) \(layer.digest)")
                #expect(scan?.compression.rawValue == layer.compression, "\(name) \(layer.digest)")
            }
        }
    }

    private func layers(of url: URL) throws -> [String: LayerScan] {
        let handle = try FileHandle(forReadingFrom: url)
        defer { _ = try? handle.close() }
        let fd = handle.fileDescriptor
        var found: [String: LayerScan] = [:]
        for member in try TarLister.members(fd: fd) where member.kind == .file {
            let source = FileRangeSource(fd: fd, offset: member.dataOffset, length: member.size, name: url.path)
            // Documents are no tars.
            if let scan = try? LayerScanner.scan(source: source) { found[scan.digest.description] = scan }
        }
        return found
    }
}
