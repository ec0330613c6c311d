package import EngineStores
import OCISpec
import StorageIO

extension EngineImage {
    /// How plans and outcomes call it: its first tag, else its first name, else its ID.
    package var label: String {
        if let namespace, isOfRegistry { return "\(namespace)@\(id)" }
        return tags.first ?? names.first ?? id.description
    }

    /// How sentences call it: by a tag where it has one.
    package var title: String { tags.first ?? label }
}

extension EngineContainer {
    /// How sentences call it: its name, else the beginning of its ID.
    package var label: String { name.isEmpty ? String(id.text.prefix(12)) : name }
}
