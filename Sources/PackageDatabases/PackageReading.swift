import LayerArchive
import SQLiteFiles

/// The packages that the files of one tree say are installed.
///
/// Pure: it sees contents, and says which paths belong to whom; what really shows there, and how large it is, is the tree's
/// business. What cannot be read, or not to its end, is a problem each, and never the same as nothing.
package struct PackageReading: Sendable {
    /// Sorted by manager, name, version and place.
    package private(set) var packages: [InstalledPackage] = []
    /// In the order of the documents.
    package private(set) var problems: [PackageProblem] = []

    /// Reads `documents`: paths (raw bytes, no leading slash) with their contents.
    package init(_ documents: [(path: [UInt8], bytes: [UInt8])]) {
        var contents: [[UInt8]: [UInt8]] = [:]
        contents.reserveCapacity(documents.count)
        for (path, bytes) in documents { contents[path] = bytes }
        let table = contents
        var findings = Findings()
        var dpkg = DpkgDatabase({ table[$0] }, into: &findings)
        for (path, bytes) in documents {
            guard let kind = PackageFile(path) else { continue }
            switch kind {
            case .dpkgStatus: dpkg.read(status: bytes, at: path, into: &findings)
            case .dpkgStatusPart: dpkg.read(part: bytes, at: path, into: &findings)
            case .apkInstalled: ApkDatabase.read(bytes, at: path, into: &findings)
            case .rpmDatabase: RpmDatabase.read(bytes, log: table[path + Array("-wal".utf8)], at: path, into: &findings)
            case .rpmJournal: if SQLiteLog.isUndone(journal: bytes) { findings.add(.damaged, at: path) }
            case .rpmUnread, .otherUnread: findings.add(.unsupported, at: path)
            case .pythonMetadata: PythonMetadata.read(bytes, at: path, into: &findings) { table[$0] }
            case .nodePackage: NodePackage.read(bytes, at: path, into: &findings)
            case .dpkgStatusSums, .dpkgList, .dpkgDiversions, .rpmLog, .pythonRecord, .pythonInstalledFiles: break
            }
        }
        dpkg.finish(into: &findings)
        problems = findings.problems
        packages = findings.packages.sorted { left, right in
            if left.manager != right.manager { return left.manager < right.manager }
            // Byte by byte: names that Unicode calls equal are two.
            if !left.name.utf8.elementsEqual(right.name.utf8) { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
            if !left.version.utf8.elementsEqual(right.version.utf8) {
                return left.version.utf8.lexicographicallyPrecedes(right.version.utf8)
            }
            return left.place.lexicographicallyPrecedes(right.place)
        }
    }
}
