import ImageStorage
import OCISpec
import StorageIO

/// A bare root file system: the whole file is the one layer of an image that has nothing else.
final class RootTarball: MemberContainer {
    let path: String
    private let stored: File

    init(_ stored: File, path: String) {
        self.stored = stored
        self.path = path
    }

    func find(_ name: String) throws(TransferError) -> Member? { nil }

    func file(of member: Member) throws(TransferError) -> File { stored }

    /// The image of a tarball of so many bytes; config and manifest are made once its diff ID is known.
    static func image(bytes: Int64) -> SourceImage {
        let layer = SourceLayer(diffID: nil, descriptor: nil, member: Member(name: "", offset: 0, size: bytes))
        let config = ImageConfig(platform: .host, rootfs: RootFS(diffIDs: []))
        return SourceImage(
            names: [], label: nil, top: nil,
            images: [SourcePlatformImage(manifest: nil, config: nil, decodedConfig: config, layers: [layer])],
            documents: [], blobs: [], absentPlatforms: [])
    }
}
