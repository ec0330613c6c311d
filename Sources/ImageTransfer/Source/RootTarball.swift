import ImageStorage
package import OCISpec
import StorageIO

/// A bare root file system: the whole file is the one layer of an image that has nothing else.
final class RootTarball: MemberContainer {
    let path: String
    private let stored: File

    init(_ stored: File, path: String) {
        self.stored = stored
        self.path = path
    }

    var signs: SourceSigns { SourceSigns() }

    func find(_ name: String, size: Int64?) throws(TransferError) -> Member? { nil }

    func file(of member: Member) throws(TransferError) -> File { stored }

    /// The image of a tarball of so many bytes; config and manifest are made once its diff ID is known.
    static func image(bytes: Int64) -> SourceImage {
        let layer = SourceLayer(diffID: nil, descriptor: nil, member: Member(name: [], offset: 0, size: bytes))
        let config = ImageConfig(platform: .host, rootfs: RootFS(diffIDs: []))
        return SourceImage(
            names: [], labels: [], top: nil,
            images: [SourcePlatformImage(manifest: nil, config: nil, decodedConfig: config, layers: [layer])],
            documents: [], blobs: [])
    }
}

extension SourceImage {
    /// A root file system under a config of one's own, to which its diff ID is added, and under names.
    ///
    /// Of an image that has a config the names alone are changed.
    package func with(_ config: ImageConfig, names: [Reference]) -> SourceImage {
        var copy = self
        copy.names = names
        for place in copy.images.indices where copy.images[place].config == nil { copy.images[place].decodedConfig = config }
        return copy
    }
}
