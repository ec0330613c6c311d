// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#oci-layout-file

/// The `oci-layout` file, which marks a directory as an image layout.
package struct ImageLayoutMarker: Hashable, Sendable, Codable {
    /// The layout's version.
    package var imageLayoutVersion: String

    /// The file's name inside the layout.
    package static let fileName = "oci-layout"
    /// The one version there is.
    package static let currentVersion = "1.0.0"

    /// A marker of the given version.
    package init(imageLayoutVersion: String = ImageLayoutMarker.currentVersion) {
        self.imageLayoutVersion = imageLayoutVersion
    }
}
