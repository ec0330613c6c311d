import OCISpec

/// What an engine calls an image: `busybox:latest`, `app@sha256:…`, with containerd any other text.
///
/// One name may be spelt in several ways; whether two texts are one name is told here alone.
package enum EngineName {
    /// Whether two names are one: `busybox` and `docker.io/library/busybox:latest`.
    package static func same(_ left: String, _ right: String) -> Bool {
        left.isExactly(right) || full(left).isExactly(full(right))
    }

    /// The repository of a name; of one that has none, what stands before the digest.
    package static func repository(_ name: String) -> String {
        Reference(ifValid: name)?.repository ?? String(decoding: name.utf8.prefix { $0 != UInt8(ascii: "@") }, as: UTF8.self)
    }

    /// Whether a name is made of a digest: `repository@sha256:…`, containerd's `sha256:…`, Docker's `moby-dangling@sha256:…`.
    package static func isByDigest(_ name: String) -> Bool {
        if Digest(ifValid: name) != nil { return true }
        guard let at = name.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
        return Digest(ifValid: String(decoding: name.utf8[name.utf8.index(after: at)...], as: UTF8.self)) != nil
    }

    private static func full(_ name: String) -> String { Reference(ifValid: name)?.withDefaultTag.full ?? name }
}
