import ContentStorage
import EngineStores
import ImageStorage
package import OCISpec
import StorageIO

/// Something that could be marked, as a command line names it: `image=app:1`, `cache=ID`.
package enum MarkText {
    /// A text names nothing that could be marked.
    package enum Failure: Error, Hashable, Sendable {
        /// It is not of the form `TYPE=NAME`, or the type is none; these are.
        case form(String, types: [String])
        /// There is no such thing.
        case notFound(String)
        /// It means several.
        case several(String)
    }

    /// The type and the name.
    static func parts(_ text: String) -> (type: String, name: String) {
        let bytes = Array(text.utf8)
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return ("", text) }
        return (String(decoding: bytes[..<equals], as: UTF8.self), String(decoding: bytes[(equals + 1)...], as: UTF8.self))
    }

    /// The only one.
    static func one<Mark>(_ found: [Mark], _ text: String) throws(Failure) -> Mark {
        guard let first = found.first else { throw .notFound(text) }
        if found.count > 1 { throw .several(text) }
        return first
    }
}

extension MarkedStore {
    private static let types = [
        "image", "name", "container", "volume", "cache", "blob", "layer", "partial", "trash", "plan",
    ]

    /// What a text means: an image by a name, its ID or its digest, a container by its name or ID, all else as plans name it.
    package func mark(named text: String) throws(MarkText.Failure) -> StoreMark {
        let (type, name) = MarkText.parts(text)
        switch type {
        case "image":
            return .image(
                try MarkText.one(look.images.filter { $0.digest.description == name || $0.isMeant(by: name) }, text).digest)
        case "name":
            let found = look.images.flatMap { image in
                image.names.filter { ImageSummary.same($0, name) }.map { StoreMark.name($0, image.digest) }
            }
            return try MarkText.one(found, text)
        case "container":
            let found = look.containers.filter { $0.name == name || $0.id.text == name }.map(\.id)
            let dead = look.deadContainers.filter { $0.text == name }
            return .other(.container(try MarkText.one(found + dead, text)))
        default:
            guard Self.types.contains(type), let victim = ReclamationPlan.VictimType(rawValue: type) else {
                throw .form(text, types: Self.types)
            }
            guard let subject = ReclamationPlan.Subject(victim, named: name) else { throw .notFound(text) }
            if refusal(of: .other(subject), among: []) == .gone { throw .notFound(text) }
            return .other(subject)
        }
    }

    /// The text that means this and nothing else.
    package func text(of mark: StoreMark) -> String {
        switch mark {
        case .image(let digest): "image=\(digest)"
        case .name(let name, _): "name=\(name.familiar)"
        case .other(let subject): "\(subject.type.rawValue)=\(subject.name)"
        }
    }
}

extension MarkedEngine {
    /// What a text means: an image by a name or its ID, with containerd's namespace and a slash before that where one is meant.
    package func mark(named text: String) throws(MarkText.Failure) -> EngineMark {
        let (type, name) = MarkText.parts(text)
        switch type {
        case "image":
            let found = images.values.filter { image in
                let own = image.namespace.map { "\($0)/" } ?? ""
                return image.id.description == name || "\(own)\(image.id)" == name || image.isMeant(by: name)
            }
            return .image(try MarkText.one(found, text).mark)
        case "name":
            let found = images.values.flatMap { image in
                image.names.filter { EngineName.same($0, name) }.map { EngineMark.name($0, image.mark) }
            }
            return try MarkText.one(found, text)
        case "cache":
            guard records.contains(name) else { throw .notFound(text) }
            return .record(name)
        case "container":
            let found = inventory.containers.filter { $0.id.text == name || $0.name == name }.map(\.id)
            return .container(try MarkText.one(found, text))
        case "leak":
            guard inventory.leaks.contains(where: { $0.path == name }) else { throw .notFound(text) }
            return .leak(name)
        default: throw .form(text, types: ["image", "name", "container", "cache", "leak"])
        }
    }

    /// The text that means this and nothing else.
    package func text(of mark: EngineMark) -> String {
        switch mark {
        case .image(let mark):
            guard let image = images[mark] else { return "image=\(mark)" }
            return "image=\(image.namespace.map { "\($0)/" } ?? "")\(image.id)"
        case .name(let name, _): return "name=\(name)"
        case .record(let id): return "cache=\(id)"
        case .container(let id): return "container=\(id.text)"
        case .leak(let path): return "leak=\(path)"
        }
    }
}

extension ImageSummary {
    /// Whether a text is its ID or one of its names, in whatever spelling.
    fileprivate func isMeant(by text: String) -> Bool {
        imageID.description == text || imageID.hex == text || imageID.short == text || names.contains { Self.same($0, text) }
    }

    /// Whether a text is a name.
    fileprivate static func same(_ name: EntryName, _ text: String) -> Bool {
        name.text == text || name.familiar == text || Reference(ifValid: text)?.withDefaultTag.full == name.text
    }
}
