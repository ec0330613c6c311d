// https://github.com/containerd/platforms/blob/v0.2.1/platforms.go

package import OCISpec

extension Platform {
    /// The machine that this program runs on.
    package static var host: Platform {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #elseif arch(arm)
            Platform(os: "linux", architecture: "arm", variant: "v7")
        #elseif arch(i386)
            Platform(os: "linux", architecture: "386")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }

    /// Whether an image for this platform is one for the wanted one; a wish without a variant takes any.
    package func satisfies(_ wanted: Platform) -> Bool {
        guard os == wanted.os, architecture == wanted.architecture else { return false }
        if let version = wanted.osVersion, !version.isEmpty, version != osVersion { return false }
        guard let variant = wanted.variant, !variant.isEmpty else { return true }
        return plainVariant == wanted.plainVariant
    }

    /// The variant, or nil where it is the one that goes without saying.
    var plainVariant: String? {
        switch (architecture, variant ?? "") {
        case (_, ""), ("arm64", "v8"), ("arm64", "8"), ("amd64", "v1"), ("arm", "v7"), ("arm", "7"): nil
        default: variant
        }
    }
}
