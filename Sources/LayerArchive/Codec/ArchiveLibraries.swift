import CDeflate
import CISAL
import CLibArchive
import CXXHash
import CZstd

/// The libraries that read and write layers.
package enum ArchiveLibraries {
    /// Their versions: of what is loaded, and of ISA-L and libdeflate, which do not tell, of what the program was built with.
    package static var versions: [(name: String, version: String)] {
        let archive = archive_version_number()
        let hash = XXH_versionNumber()
        return [
            ("libarchive", "\(archive / 1_000_000).\(archive / 1000 % 1000).\(archive % 1000)"),
            ("zstd", String(cString: ZSTD_versionString())),
            ("libdeflate", LIBDEFLATE_VERSION_STRING),
            ("ISA-L", "\(ISAL_MAJOR_VERSION).\(ISAL_MINOR_VERSION).\(ISAL_PATCH_VERSION)"),
            ("xxHash", "\(hash / 10000).\(hash / 100 % 100).\(hash % 100)"),
        ]
    }
}
