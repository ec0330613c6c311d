import ArgumentParser
import OCISpec
import Operations

/// `--cache-from` and `--cache-to`: a folder, or a name in a registry.
struct CacheOption {
    let place: CachePlace
    /// `ignore-error` of `--cache-to`.
    private(set) var ignoresErrors = false

    /// Reads `type=local,src=DIR`, `type=registry,ref=NAME` or a name alone, which is a registry's as with docker.
    init(from text: String) throws {
        try self.init(text, "--cache-from", key: "src")
    }

    /// Reads `type=local,dest=DIR`, `type=registry,ref=NAME` or a name alone.
    init(to text: String) throws {
        try self.init(text, "--cache-to", key: "dest")
    }

    private init(_ text: String, _ option: String, key: String) throws {
        guard text.contains("=") else {
            place = .registry(try Self.name(text, option))
            return
        }
        let fields = OptionFields.read(text) ?? []
        let type = fields.first { $0.name == "type" }?.value ?? "local"
        guard type == "local" || type == "registry" else {
            throw ValidationError("`\(option)`: a cache of type=\(type) is not supported; use type=local or type=registry")
        }
        let target = type == "local" ? key : "ref"
        let wrong = ValidationError("`\(option) \(text)` is not type=local,\(key)=DIR, type=registry,ref=NAME or NAME")
        var value: String?
        for (name, text) in fields {
            switch name {
            case "type": break
            case target: value = text
            // All steps are always written.
            case "mode": guard ["min", "max"].contains(text) else { throw wrong }
            // What is written is a manifest of OCI's types.
            case "image-manifest", "oci-mediatypes":
                guard type == "registry", key == "dest", text == "true" else { throw wrong }
            case "ignore-error":
                guard key == "dest", ["true", "false"].contains(text) else { throw wrong }
                ignoresErrors = text == "true"
            default: throw wrong
            }
        }
        guard let value else { throw wrong }
        place = type == "local" ? .folder(value) : .registry(try Self.name(value, option))
    }

    private static func name(_ text: String, _ option: String) throws -> Reference {
        guard let name = Reference(ifValid: text) else { throw ValidationError("`\(option)`: `\(text)` is no name of an image") }
        return name
    }
}
