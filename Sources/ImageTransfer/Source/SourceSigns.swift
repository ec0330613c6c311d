// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

/// What the names in an archive or a folder tell of its kind; contents are looked at only where names leave it open.
struct SourceSigns: Hashable, Sendable {
    /// `index.json`, which lists the images of a layout.
    var hasIndex = false
    /// `oci-layout`, which marks one.
    var hasMarker = false
    /// Anything at `blobs/ALGORITHM/HEX`, with entries for the folders or without.
    var hasBlobs = false
    /// `manifest.json`, which lists the images of a docker archive.
    var hasManifest = false
    /// `repositories`, which docker wrote before it had a `manifest.json`, and for long beside it.
    var hasRepositories = false
    /// Anything at `ID/layer.tar`, where docker has layers, or layers and a config at the top, where podman has them.
    var hasDockerLayers = false
    /// Files at the top whose name ends in `.json`, but for those above: one may be a config.
    var documents: [String] = []

    /// Signs of nothing.
    init() {}

    /// The signs in the names of everything that is no directory.
    init(_ names: some Sequence<[UInt8]>) {
        var (layers, configs) = (false, false)
        for name in names {
            let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            switch parts.count {
            case 1:
                let text = String(decoding: name, as: UTF8.self)
                note(text)
                if Self.isHex(name.dropLast(4)), text.hasSuffix(".tar") { layers = true }
                if Self.isHex(name.dropLast(5)), text.hasSuffix(".json") { configs = true }
            case 2: if parts[1].elementsEqual("layer.tar".utf8), Self.isHex(parts[0]) { hasDockerLayers = true }
            case 3: if parts[0].elementsEqual("blobs".utf8), Self.isHex(parts[2], atLeast: 32) { hasBlobs = true }
            default: break
            }
        }
        if layers, configs { hasDockerLayers = true }
    }

    /// A name at the top.
    private mutating func note(_ name: String) {
        switch name {
        case "index.json": hasIndex = true
        case "oci-layout": hasMarker = true
        case "manifest.json": hasManifest = true
        case "repositories": hasRepositories = true
        default: if name.utf8.count > 5, name.hasSuffix(".json") { documents.append(name) }
        }
    }

    private static func isHex(_ name: some Collection<UInt8>, atLeast length: Int = 64) -> Bool {
        name.count >= length && name.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
