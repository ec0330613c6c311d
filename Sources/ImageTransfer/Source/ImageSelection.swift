package import ImageStorage
import OCISpec

extension ImageStore {
    /// The images that a text means to `save`, each under the name to save it by.
    ///
    /// A name without tag and digest means every name of that repository, sorted; one that the store has is itself; anything else
    /// (an ID, a digest) is an image without a name.
    package func selection(_ text: String) throws(ImageError) -> [NamedImage] {
        let names = try names()
        if let reference = Self.reference(text), reference.digest == nil {
            let found = names.filter { entry in
                guard case .reference(let name) = entry.name else { return false }
                return reference.tag == nil ? name.repository == reference.repository : name == reference
            }
            if !found.isEmpty { return found.sorted { ($0.reference ?? "") < ($1.reference ?? "") } }
        }
        if let bare = names.last(where: { $0.name == .bare(text) }) { return [bare] }
        return [NamedImage(name: nil, descriptor: try resolve(text))]
    }

    private static func reference(_ text: String) -> Reference? {
        Reference(ifValid: text)
    }
}
