import Glibc

/// The files by which package managers remember what they installed.
///
/// The one place that names them: what it tells apart is kept by a scan, found in the tree and read by `PackageDatabases`.
package enum PackageFile: Hashable, Sendable {
    /// `var/lib/dpkg/status`: all packages, a paragraph each.
    case dpkgStatus
    /// `var/lib/dpkg/status.d/NAME`: one package, as distroless images keep it; NAME may be base64.
    case dpkgStatusPart
    /// `var/lib/dpkg/status.d/NAME.md5sums`: the files of that one.
    case dpkgStatusSums
    /// `var/lib/dpkg/info/NAME[:ARCH].list`: the paths of one package.
    case dpkgList
    /// `var/lib/dpkg/diversions`: which files lie at other paths than their packages say.
    case dpkgDiversions
    /// `installed`, where apk keeps it.
    case apkInstalled
    /// `rpmdb.sqlite` where rpm keeps it.
    case rpmDatabase
    /// The write-ahead log beside it: what is not in the database itself yet.
    case rpmLog
    /// The rollback journal beside it: what is in the database and may not count.
    case rpmJournal
    /// A form of rpm's that nothing here reads: Berkeley DB, ndb, or a list of packages in place of a database.
    case rpmUnread
    /// A database of a manager that nothing here reads.
    case otherUnread
    /// `NAME.dist-info/METADATA`, `NAME.egg-info/PKG-INFO`, or a file `NAME.egg-info`.
    case pythonMetadata
    /// `NAME.dist-info/RECORD`.
    case pythonRecord
    /// `NAME.egg-info/installed-files.txt`.
    case pythonInstalledFiles
    /// `…/node_modules/[@SCOPE/]NAME/package.json`.
    case nodePackage

    /// The paths of the system's managers that hold one file each.
    package static var systemPlaces: [[UInt8]] { places.map(\.path) }
    /// The folders of theirs that hold a file or two for each package.
    package static let systemFolders = [Array(partsFolder.utf8), Array(listsFolder.utf8)]

    /// What the file at `path` (raw bytes without a leading slash) is; nil for all the others.
    ///
    /// Asked of every file of a layer, so the last letter decides for most.
    package init?(_ path: UnsafeBufferPointer<UInt8>) {
        guard let last = path.last, Self.lastLetters[Int(last)] || path.starts(with: Self.partsFolder.utf8) else { return nil }
        let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? -1
        let name = UnsafeBufferPointer(rebasing: path[(slash + 1)...])
        let folder = UnsafeBufferPointer(rebasing: path[..<max(slash, 0)])
        guard let kind = Self.kind(path, name, in: folder) else { return nil }
        self = kind
    }

    /// What the file at `path` is; nil for all the others.
    package init?(_ path: [UInt8]) {
        guard let kind = path.withUnsafeBufferPointer({ PackageFile($0) }) else { return nil }
        self = kind
    }

    /// Whether its content is worth keeping.
    package var isRead: Bool { self != .rpmUnread && self != .otherUnread }

    private static let partsFolder = "var/lib/dpkg/status.d"
    private static let listsFolder = "var/lib/dpkg/info"

    private static let places: [(path: [UInt8], kind: PackageFile)] = {
        var places: [(String, PackageFile)] = [
            ("var/lib/dpkg/status", .dpkgStatus), ("var/lib/dpkg/diversions", .dpkgDiversions),
            ("lib/apk/db/installed", .apkInstalled), ("usr/lib/apk/db/installed", .apkInstalled),
            // What distroless images of rpm's distributions have in place of a database.
            ("var/lib/rpmmanifest/container-manifest-1", .rpmUnread),
            ("var/lib/rpmmanifest/container-manifest-2", .rpmUnread),
            // pacman's, opkg's and xbps's.
            ("var/lib/pacman/local/ALPM_DB_VERSION", .otherUnread), ("usr/lib/opkg/status", .otherUnread),
            ("var/lib/opkg/status", .otherUnread), ("var/db/xbps/pkgdb-0.38.plist", .otherUnread),
        ]
        // rpm's own choice, that of newer distributions, and rpm-ostree's.
        for folder in ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"] {
            places += [
                ("\(folder)/rpmdb.sqlite", .rpmDatabase), ("\(folder)/rpmdb.sqlite-wal", .rpmLog),
                ("\(folder)/rpmdb.sqlite-journal", .rpmJournal), ("\(folder)/Packages", .rpmUnread),
                ("\(folder)/Packages.db", .rpmUnread),
            ]
        }
        return places.map { (Array($0.0.utf8), $0.1) }
    }()

    /// A bit for each length that one of the places has, so that few other paths are compared with them.
    private static let placeLengths: UInt64 = places.reduce(0) { $0 | 1 << UInt64($1.path.count) }

    /// The last letters of all names below, but those of dpkg's parts, whose names may be anything.
    private static let lastLetters: [Bool] = {
        var letters = [Bool](repeating: false, count: 256)
        for byte in "ADNOonstdelb12".utf8 { letters[Int(byte)] = true }
        return letters
    }()

    private static func kind(
        _ path: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>, in folder: UnsafeBufferPointer<UInt8>
    ) -> PackageFile? {
        if name.elementsEqual("METADATA".utf8) { return folder.ends(with: ".dist-info") ? .pythonMetadata : nil }
        if name.elementsEqual("RECORD".utf8) { return folder.ends(with: ".dist-info") ? .pythonRecord : nil }
        if name.elementsEqual("PKG-INFO".utf8) { return folder.ends(with: ".egg-info") ? .pythonMetadata : nil }
        if name.elementsEqual("installed-files.txt".utf8) { return folder.ends(with: ".egg-info") ? .pythonInstalledFiles : nil }
        if name.elementsEqual("package.json".utf8) { return isNodePackage(folder) ? .nodePackage : nil }
        if name.ends(with: ".egg-info") { return .pythonMetadata }
        return system(path, name, in: folder)
    }

    private static func system(
        _ path: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>, in folder: UnsafeBufferPointer<UInt8>
    ) -> PackageFile? {
        if folder.elementsEqual(listsFolder.utf8) { return name.ends(with: ".list") ? .dpkgList : nil }
        if folder.elementsEqual(partsFolder.utf8) { return name.ends(with: ".md5sums") ? .dpkgStatusSums : .dpkgStatusPart }
        guard path.count < 64, placeLengths >> UInt64(path.count) & 1 == 1 else { return nil }
        return places.first { $0.path.count == path.count && path.elementsEqual($0.path) }?.kind
    }

    /// Whether `folder` is a package's own: the last part, or the last two of a scoped one, stand right in `node_modules`.
    private static func isNodePackage(_ folder: UnsafeBufferPointer<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        guard var end = folder.lastIndex(of: slash) else { return false }
        // A scope alone is no package.
        if end + 1 < folder.count, folder[end + 1] == UInt8(ascii: "@") { return false }
        var parent = UnsafeBufferPointer(rebasing: folder[..<end])
        if let scope = parent.lastIndex(of: slash), scope + 1 < parent.count, parent[scope + 1] == UInt8(ascii: "@") {
            end = scope
            parent = UnsafeBufferPointer(rebasing: folder[..<end])
        }
        return parent.elementsEqual("node_modules".utf8) || parent.ends(with: "/node_modules")
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func ends(with suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard count >= length, let base = baseAddress else { return false }
        return memcmp(base + (count - length), suffix.utf8Start, length) == 0
    }
}
