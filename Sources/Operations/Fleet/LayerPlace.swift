package import OCISpec

/// Where a worker finds a layer, as a line of its input spells it.
package enum LayerPlace: Hashable, Sendable {
    /// A repository of a registry: `docker://HOST/REPOSITORY`.
    case registry(Reference)
    /// An image layout: `oci:DIR`.
    case layout(path: String)
    /// A store of this program: `store:DIR`.
    case store(path: String)
    /// A registry's folder: `registry:DIR`.
    case registryFolder(path: String)

    /// Reads a place; nil for what is none.
    package init?(_ text: String) {
        func rest(_ prefix: String) -> String? {
            guard text.utf8.starts(with: prefix.utf8), text.utf8.count > prefix.utf8.count else { return nil }
            return String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
        if let name = rest("docker://") {
            guard let reference = Reference(ifValid: name) else { return nil }
            self = .registry(reference)
        } else if let path = rest("oci:") {
            self = .layout(path: path)
        } else if let path = rest("store:") {
            self = .store(path: path)
        } else if let path = rest("registry:") {
            self = .registryFolder(path: path)
        } else {
            return nil
        }
    }
}
