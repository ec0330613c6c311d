import ImageStorage
import ImageTransfer
package import OCISpec

/// The names of images that are written again together: a pattern with a place for what each was called.
package struct AcrossNames: Sendable {
    /// What the pattern has in the place of an image's own name.
    package static let place = "{name}"

    private let pattern: String
    private let parse: @Sendable (String) throws -> Reference

    /// Names by a pattern; `parse` reads one as somebody gives it.
    package init(_ pattern: String, _ parse: @escaping @Sendable (String) throws -> Reference) {
        self.pattern = pattern
        self.parse = parse
    }

    /// The name of each image, all different.
    func names(_ images: [(text: String, old: Reference?, id: Digest)]) throws -> [Reference] {
        var sources: [Reference: String] = [:]
        return try images.map { image in
            let name = try parse(pattern.replacing(Self.place, with: Self.part(image.old, image.id)))
            if let other = sources.updateValue(image.text, forKey: name) {
                throw OperationError.notShareable(.sameName(name, other, image.text))
            }
            return name
        }
    }

    /// What stands for an image: the last part of its repository, and its tag where that is not `latest`; the ID of a nameless one.
    private static func part(_ name: Reference?, _ id: Digest) -> String {
        guard let name, let last = name.path.split(separator: "/").last else { return String(id.hex.prefix(12)) }
        if let digest = name.digest { return "\(last)-\(digest.hex.prefix(12))" }
        guard let tag = name.tag, tag != Reference.defaultTag else { return String(last) }
        return "\(last)-\(tag)"
    }
}

extension Workspace {
    /// The name that was meant by a text: the store has it; else one that the image has there.
    func name(of image: ScannedImage, asked text: String) throws -> Reference? {
        if let name = Reference(ifValid: text)?.withDefaultTag,
            try store.names().contains(where: { $0.name == .reference(name) })
        {
            return name
        }
        return image.name.flatMap { Reference(ifValid: $0)?.withDefaultTag }
    }
}
