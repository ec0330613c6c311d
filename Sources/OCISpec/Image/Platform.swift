// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions

/// The machine that an image runs on.
package struct Platform: Hashable, Sendable {
    /// The CPU, in Go's words (`amd64`, `arm64`); empty where the document is silent.
    package var architecture: String
    /// The operating system, in Go's words (`linux`, `windows`); empty where the document is silent.
    package var os: String
    /// The operating system's version, where it matters (Windows).
    package var osVersion: String?
    /// The CPU's variant (`v7`, `v8`).
    package var variant: String?
    /// What the operating system must be able to do (Windows).
    package var osFeatures: [String]?
    /// Fields that this program does not know, kept so that rewriting an index loses none.
    package var unknownFields: JSONFields = [:]

    /// A platform from its parts.
    package init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    /// Parses `os/architecture[/variant]`, or one of the first two alone, as command lines have it; nil when a part is empty, too many, or
    /// has another character than letters, digits, `_`, `.` and `-`, and for a single part that is neither.
    ///
    /// Capitals are small letters, and a part that is missing is this machine's, or `linux`. Other names of an architecture become the one that documents have (GOARCH). Source: containerd, `platforms`.
    package init?(parsing text: String) {
        var parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 1, let part = parts.first {
            if Self.systems.contains(part) { parts.append(Platform.host.architecture) }
            if Self.known.contains(part) || Self.architectures[part] != nil { parts.insert("linux", at: 0) }
        }
        guard (2...3).contains(parts.count), parts.allSatisfy(Self.isPart) else { return nil }
        let (architecture, variant) = Self.architectures[parts[1]] ?? (parts[1], nil)
        self.init(os: parts[0], architecture: architecture, variant: parts.count == 3 ? parts[2] : variant)
    }

    private static func isPart(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_.-".utf8.contains(byte)
            }
    }

    private static let systems: Set = ["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd"]
    private static let known: Set = [
        "386", "amd64", "arm", "arm64", "loong64", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x",
    ]
    private static let architectures: [String: (String, String?)] = [
        "x86_64": ("amd64", nil), "x86-64": ("amd64", nil), "aarch64": ("arm64", nil), "i386": ("386", nil), "i686": ("386", nil),
        "armhf": ("arm", "v7"), "armel": ("arm", "v6"),
    ]
}

extension Platform: CustomStringConvertible {
    /// `os/architecture[/variant]`.
    package var description: String {
        guard let variant, !variant.isEmpty else { return "\(os)/\(architecture)" }
        return "\(os)/\(architecture)/\(variant)"
    }
}

extension Platform: Decodable {
    fileprivate enum CodingKeys: String, CodingKey, CaseIterable {
        case architecture
        case os
        case osVersion = "os.version"
        case osFeatures = "os.features"
        case variant
    }

    /// Decodes a platform; a part that some writers leave out is empty.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        architecture = try fields.decodeIfPresent(String.self, forKey: .architecture) ?? ""
        os = try fields.decodeIfPresent(String.self, forKey: .os) ?? ""
        osVersion = try fields.decodeIfPresent(String.self, forKey: .osVersion)
        osFeatures = try fields.decodeIfPresent([String].self, forKey: .osFeatures)
        variant = try fields.decodeIfPresent(String.self, forKey: .variant)
        unknownFields = try fields.unknownValues()
    }
}

extension Platform: JSONRepresented {
    /// Every field, unknown ones included.
    package var json: JSONValue {
        .fields(
            [
                CodingKeys.architecture.field: .string(architecture), CodingKeys.os.field: .string(os),
                CodingKeys.osVersion.field: osVersion.map(JSONValue.string),
                CodingKeys.osFeatures.field: osFeatures.map(JSONValue.textList),
                CodingKeys.variant.field: variant.map(JSONValue.string),
            ], and: unknownFields)
    }
}
