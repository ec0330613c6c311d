// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
// https://github.com/sigstore/cosign/blob/v2.4.1/specs/SIGNATURE_SPEC.md

import OCISpec

/// Tags that programs make of a digest, to find what is about a manifest where the registry does not list that.
enum RegistryTagName {
    /// What something with this tag is about, and whether it is the specification's own list of referrers; nil for a person's tag.
    static func subject(_ tag: String) -> (digest: Digest, isFallback: Bool)? {
        for algorithm in Digest.Algorithm.allCases {
            let prefix = "\(algorithm.rawValue)-"
            guard tag.hasPrefix(prefix) else { continue }
            let rest = tag.dropFirst(prefix.count)
            let digits = rest.prefix(algorithm.hexLength)
            let suffix = rest.dropFirst(algorithm.hexLength)
            guard let digest = Digest(ifValid: "\(algorithm.rawValue):\(digits)") else { continue }
            if suffix.isEmpty { return (digest, true) }
            if [".sig", ".att", ".sbom"].contains(String(suffix)) { return (digest, false) }
        }
        return nil
    }
}
