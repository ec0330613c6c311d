package import EngineStores
package import LayerArchive
package import OCISpec

/// All images of a root whose engine keeps tar-splits: of what each is made, no layer read yet.
package struct EngineRoot: Sendable {
    /// One image.
    package struct Image: Sendable {
        /// As the root lists it.
        package let listed: EngineListedImage
        /// What a container of it would run, and its history.
        package let config: ImageConfig
        /// Its name as people write it; nil for a dangling image.
        package let name: String?
    }

    /// In the order of their titles.
    package let images: [Image]
    /// Images that cannot be read.
    package let unreadable: [(title: String, fault: EngineSourceFault)]
    private let layers: EngineLayers

    /// The images of the root of an engine.
    package init(_ engine: EngineKind, at root: String, limits: ScanLimits) throws(EngineSourceFault) {
        let store = try EngineSource.images(engine, root)
        var images: [Image] = []
        var unreadable: [(title: String, fault: EngineSourceFault)] = []
        var known: [String: StackedLayer] = [:]
        var stacked: [StackedLayer] = []
        for listed in store.listed.sorted(by: { ($0.title, $0.id.hex) < ($1.title, $1.id.hex) }) {
            do throws(EngineImageError) {
                let stack = try store.image(listed, &known)
                do throws(EngineSourceFault) {
                    let names = EngineSource.names(listed, asked: nil)
                    let image = try EngineSource.image(stack, names: names, root)
                    images.append(
                        Image(listed: listed, config: image.images[0].decodedConfig, name: names.first?.familiar))
                    stacked += stack.layers
                } catch {
                    unreadable.append((listed.title, error))
                }
            } catch {
                unreadable.append((listed.title, .image(error, root: root)))
            }
        }
        (self.images, self.unreadable) = (images, unreadable)
        layers = EngineLayers(stacked, store, path: EngineReference.text(of: engine, root: root), limits: limits)
    }

    /// The entries of a layer, by its tar-split alone.
    package func index(_ diffID: Digest) throws(TransferError) -> TarSplitIndex { try layers.index(diffID) }
}

/// All images of containerd's root, as sources whose blobs are read.
package struct ContainerdRoot: Sendable {
    /// Each with its source, which has that image alone; in the order of their titles.
    package let images: [(listed: EngineListedImage, source: EngineSource)]
    /// Images that cannot be read.
    package let unreadable: [(title: String, fault: EngineSourceFault)]

    /// The images of a root.
    package init(at root: String) throws(EngineSourceFault) {
        let store = try EngineSource.images(.containerd, root)
        var images: [(listed: EngineListedImage, source: EngineSource)] = []
        var unreadable: [(title: String, fault: EngineSourceFault)] = []
        for listed in store.listed.sorted(by: { ($0.title, $0.id.hex) < ($1.title, $1.id.hex) }) {
            do throws(EngineSourceFault) {
                let text = EngineReference.text(of: .containerd, root: root) + listed.title
                guard let reference = EngineReference(parsing: text) else { continue }
                images.append((listed, try EngineSource(listed, of: store, reference, nil, .stored)))
            } catch {
                unreadable.append((listed.title, error))
            }
        }
        (self.images, self.unreadable) = (images, unreadable)
    }
}
