package import StorageIO
package import SystemPackage

/// A blob open for reading; the descriptor is closed when the last reference goes.
///
/// The bytes stay readable even when the blob is collected meanwhile.
package final class OpenedBlob: Sendable {
    /// The blob's file.
    package let file: File
    /// The blob's length in bytes.
    package let size: Int64

    init(file: File, size: Int64) {
        self.file = file
        self.size = size
    }

    /// The descriptor's number, for positioned reads; valid for as long as this object lives.
    package var fd: Int32 { file.fd }
    /// The descriptor; valid for as long as this object lives.
    package var descriptor: FileDescriptor { file.descriptor }
}
