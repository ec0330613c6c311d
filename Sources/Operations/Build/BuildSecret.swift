package import StorageIO

/// Where a secret of a build comes from.
package enum BuildSecret: Sendable {
    /// A file of this machine, read anew for each step that asks.
    case file(String)
    /// These bytes; nil where the caller has none.
    case value([UInt8]?)

    /// As many bytes as BuildKit takes (`MaxSecretSize`): what is larger is no secret, or a device without an end.
    private static let limitBytes = 500 << 10

    /// The secret's bytes; nil where there are none.
    ///
    /// A file that is not there, or is longer than a secret is, is an error.
    package func bytes() throws(StorageError) -> [UInt8]? {
        switch self {
        case .value(let bytes): bytes
        case .file(let path): try File.readStream(path, limit: Self.limitBytes)
        }
    }
}
