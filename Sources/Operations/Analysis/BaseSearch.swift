import ImageStorage
package import ImageTransfer
package import LayerAnalysis
package import OCISpec

/// On which image another one is built.
extension Workspace {
    /// The image's base: the one asked for, the one its annotation names, or the store's longest proper prefix.
    ///
    /// `candidates` are the store's images, where the caller has them.
    package func findBase(
        of image: ScannedImage, asked: String?, among candidates: [(name: String, diffIDs: [Digest])]? = nil,
        _ progress: OperationProgress
    ) throws -> BaseImage? {
        let diffIDs = image.layers.map(\.diffID)
        if let asked {
            let base = try layerStack(asked, progress)
            let found = BaseImage.longestPrefix(of: diffIDs, among: [base])
            guard let found else { throw OperationError.notABase(asked, image: image.label) }
            return found
        }
        if let text = image.annotations["org.opencontainers.image.base.digest"],
            let base = storedDiffIDs(of: text),
            let found = BaseImage.longestPrefix(of: diffIDs, among: [(text, base)])
        {
            return found
        }
        return BaseImage.longestPrefix(of: diffIDs, among: try candidates ?? storedImages())
    }

    /// The diff IDs of an image, which are all that is asked of a base: of one in a registry no layer is fetched.
    private func layerStack(_ source: String, _ progress: OperationProgress) throws -> (name: String, diffIDs: [Digest]) {
        if case .registry(let name) = SourceSpec(parsing: source) { return try remoteLayerStack(name, progress) }
        let base = try image(source, progress)
        return (base.label, base.layers.map(\.diffID))
    }

    private func storedDiffIDs(of text: String) -> [Digest]? {
        do throws(ImageError) {
            return try store.image(text).layers.map(\.diffID)
        } catch {
            // An annotation is a hint: what the store does not have, or cannot read, is nobody's base.
            return nil
        }
    }

    /// Every image of the store with its diff IDs.
    func storedImages() throws -> [(name: String, diffIDs: [Digest])] {
        var images: [(name: String, diffIDs: [Digest])] = []
        for entry in try store.names() {
            do throws(ImageError) {
                let record = try store.load(entry.descriptor, platform: options.platform)
                images.append((entry.familiar ?? record.imageID.short, record.layers.map(\.diffID)))
            } catch {
                // What cannot be read is nobody's base; `images` and `fsck` say what is wrong with it.
            }
        }
        return images
    }
}
