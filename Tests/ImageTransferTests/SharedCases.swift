import Foundation
import TestSupport

extension SharedCases {
    /// `archives/made` or `archives/fetched`.
    struct ArchiveList: Decodable {
        let archives: [String: Archive]
    }

    struct Archive: Decodable, Sendable {
        let kind: String
        let images: [Image]?
        let attestations: [Attestation]?
    }

    struct Attestation: Decodable, Sendable {
        let digest: String
    }

    struct Image: Decodable, Sendable {
        let tags: [String]?
        let ref: String?
        let digest: String?
        let config_digest: String?
        let architecture: String?
        let os: String?
        let layers: [Layer]?
        let tree: String?
        let files: [String: File]?
    }

    struct Layer: Decodable, Sendable {
        let digest: String
        let size: Int64
        let compression: String?
        let diff_id: String
    }

    /// One entry of a `files` map.
    struct File: Decodable, Sendable {
        let type: String
        let size: Int64?
        let linkname: String?
        let hardlink: String?

        var item: TreeItem { TreeItem(type: type, size: size, linkname: linkname, hardlink: hardlink) }
    }

    struct LayerCase: Decodable, Sendable {
        let result: String
        let files: [String: File]?
    }

    static let made = archives("made")
    static let fetched = archives("fetched")

    /// The names of the folders of `layers/`.
    static let layers: [String] = {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/layers")) ?? []
        return names.filter { FileManager.default.fileExists(atPath: "\(folder)/layers/\($0)/case.json") }.sorted()
    }()

    private static func archives(_ name: String) -> [String: Archive] {
        folder.map { decode(ArchiveList.self, "\($0)/archives/\(name)/expected.json").archives } ?? [:]
    }
}
