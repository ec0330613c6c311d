import ArgumentParser

/// `--cache-from` and `--cache-to`: a folder.
enum CachePlace {
    /// Refuses caches of other kinds by their names.
    static func checkType(_ text: String) throws {
        let fields = OptionFields.read(text) ?? []
        // A name alone is an image of a registry, as with docker.
        let type = fields.first { $0.name == "type" }?.value ?? (text.contains("=") ? "local" : "registry")
        guard type == "local" else {
            throw ValidationError(
                "a cache of type=\(type) is not supported: write type=local, and copy the directory with a tool such as skopeo")
        }
    }

    /// `type=local,src=PATH` or `type=local,dest=PATH`; nil for anything else.
    static func path(_ text: String, key: String) -> String? {
        var path: String?
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "type": guard value == "local" else { return nil }
            case key: path = value
            // All steps are always written.
            case "mode": guard ["min", "max"].contains(value) else { return nil }
            default: return nil
            }
        }
        return path
    }
}
