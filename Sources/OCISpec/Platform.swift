// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions

/// The machine that an image runs on.
package struct Platform: Hashable, Sendable, Codable {
    /// The CPU, in Go's words (`amd64`, `arm64`).
    package var architecture: String
    /// The operating system, in Go's words (`linux`, `windows`).
    package var os: String
    /// The operating system's version, where it matters (Windows).
    package var osVersion: String?
    /// The CPU's variant (`v7`, `v8`).
    package var variant: String?

    enum CodingKeys: String, CodingKey {
        case architecture
        case os
        case osVersion = "os.version"
        case variant
    }

    /// A platform from its parts.
    package init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }
}
