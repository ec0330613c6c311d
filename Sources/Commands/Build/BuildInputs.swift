import DockerfileLanguage
import ImageBuild
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage
import TextValues

/// What the command line gives a build besides the store: its context, others by name, secrets.
struct BuildInputs: Sendable {
    /// Where a named context is.
    enum NamedContext: Sendable {
        case folder(String)
        case image(String)

        /// The context of `NAME=FOLDER` or `NAME=docker-image://NAME`; nil for anything else.
        ///
        /// An address of another kind would be the path of a folder that nobody has: it is refused, not looked for.
        init?(of text: NameValue) {
            guard !text.name.isEmpty, let place = text.value, !place.isEmpty else { return nil }
            let image = "docker-image://"
            if place.hasPrefix(image) {
                self = .image(String(place.dropFirst(image.count)))
            } else if place.contains("://") || place.hasPrefix("git@") {
                return nil
            } else {
                self = .folder(place)
            }
        }
    }

    /// The build's own context, opened when it is first needed.
    let context: @Sendable () throws -> any FileSource
    var named: [ExactText: NamedContext] = [:]
    /// Files and variables by the names that steps know them by.
    var secrets: [ExactText: SecretOption] = [:]
    var compression = LayerCompression.gzip
    /// The time that no file of a layer is later than: seconds since 1970; nil where none was asked for.
    var latest: Int64?

    func folder(_ path: String) throws -> any FileSource { ContextFolder(try Directory.open(FilePath(path))) }

    /// As many bytes as BuildKit takes (`MaxSecretSize`): what is larger is no secret, or a device without an end.
    private static let secretLimitBytes = 500 << 10

    /// What the build knows by the name; nil where it was given nothing.
    ///
    /// A file is read anew for each step that asks.
    func secret(_ id: String) throws -> [UInt8]? {
        switch secrets[ExactText(id)]?.source {
        case nil: nil
        case .file(let path): try File.readStream(path, limit: Self.secretLimitBytes)
        case .variable(let name): Environment.bytes(name)
        }
    }
}

/// The value of an option that is written as docker writes such: `name=value,name=value`.
enum OptionFields {
    /// The fields in their order; nil where one has no value.
    static func read(_ text: String) -> [(name: String, value: String)]? {
        guard let all = NameValue.fields(text) else { return nil }
        var fields: [(name: String, value: String)] = []
        for field in all {
            guard let value = field.value, !field.name.isEmpty, !value.isEmpty else { return nil }
            fields.append((field.name, value))
        }
        return fields
    }
}

/// `--secret id=NAME[,src=PATH|,env=VARIABLE]`.
struct SecretOption: Sendable {
    enum Source: Sendable {
        case file(String)
        case variable(String)
    }

    let id: String
    let source: Source

    init?(_ text: String) {
        var (id, file, variable) = ("", String?.none, String?.none)
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "id": id = value
            case "src", "source": file = value
            case "env": variable = value
            case "type": break
            default: return nil
            }
        }
        guard !id.isEmpty else { return nil }
        self.id = id
        if let file {
            source = .file(file)
        } else {
            source = .variable(variable ?? id)
        }
    }
}
