import LayerArchive

/// The packages that the files of one tree say are installed.
///
/// Pure: it sees contents, and says which paths belong to whom; what really shows there, and how large it is, is the tree's
/// business.
package struct PackageReading: Sendable {
    /// Sorted by manager, name, version and place.
    package private(set) var packages: [InstalledPackage] = []
    package private(set) var problems: [PackageProblem] = []

    /// Reads `documents`: paths (raw bytes, no leading slash) with their contents.
    package init(_ documents: [(path: [UInt8], bytes: [UInt8])]) {
        let files = DocumentTable(documents)
        for (path, bytes) in documents {
            guard let kind = PackageFile(path) else { continue }
            do throws(PackageProblem) {
                packages += try Self.read(kind, path, bytes, files)
            } catch {
                problems.append(error)
            }
        }
        packages.sort { left, right in
            (left.manager, left.name, left.version, left.place) < (right.manager, right.name, right.version, right.place)
        }
    }

    private static func read(
        _ kind: PackageFile, _ path: [UInt8], _ bytes: [UInt8], _ files: DocumentTable
    ) throws(PackageProblem) -> [InstalledPackage] {
        switch kind {
        case .dpkgStatus: return DpkgDatabase.packages(status: bytes) { files[Array("var/lib/dpkg/info/\($0).list".utf8)] }
        case .dpkgStatusPart: return DpkgDatabase.packages(part: bytes, sums: files[path + Array(".md5sums".utf8)])
        case .apkInstalled: return ApkDatabase.packages(bytes)
        case .rpmDatabase:
            do throws(RpmDatabaseError) { return try RpmDatabase.packages(bytes) } catch {
                throw PackageProblem(path: path, reason: .damaged)
            }
        case .rpmOldDatabase: throw PackageProblem(path: path, reason: .unsupported)
        case .pythonMetadata: return PythonMetadata.packages(bytes, at: path) { files[$0] }
        case .nodePackage: return try NodePackage.packages(bytes, at: path)
        case .dpkgStatusSums, .dpkgList, .pythonRecord, .pythonInstalledFiles: return []
        }
    }
}

/// Documents by their paths.
private struct DocumentTable {
    private var contents: [[UInt8]: [UInt8]] = [:]

    init(_ documents: [(path: [UInt8], bytes: [UInt8])]) {
        contents.reserveCapacity(documents.count)
        for (path, bytes) in documents { contents[path] = bytes }
    }

    subscript(_ path: [UInt8]) -> [UInt8]? { contents[path] }
}

extension InstalledPackage {
    /// Where it stands, to tell two copies of one version apart.
    fileprivate var place: String {
        switch files {
        case .paths(let paths): String(decoding: paths.first ?? [], as: UTF8.self)
        case .directory(let path): String(decoding: path, as: UTF8.self)
        }
    }
}
