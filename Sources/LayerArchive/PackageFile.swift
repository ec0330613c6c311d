import Glibc

/// The files by which package managers remember what they installed.
///
/// The one place that names them: what it tells apart is kept by a scan and read by `PackageDatabases`.
package enum PackageFile: Hashable, Sendable {
    /// `var/lib/dpkg/status`: all packages, a paragraph each.
    case dpkgStatus
    /// `var/lib/dpkg/status.d/NAME`: one package, as distroless images keep it.
    case dpkgStatusPart
    /// `var/lib/dpkg/status.d/NAME.md5sums`: the files of that one.
    case dpkgStatusSums
    /// `var/lib/dpkg/info/NAME[:ARCH].list`: the paths of one package.
    case dpkgList
    /// `lib/apk/db/installed`.
    case apkInstalled
    /// `rpmdb.sqlite` where rpm keeps it.
    case rpmDatabase
    /// rpm's older databases (Berkeley DB, ndb), which nothing here reads.
    case rpmOldDatabase
    /// `NAME.dist-info/METADATA`, `NAME.egg-info/PKG-INFO`, or a file `NAME.egg-info`.
    case pythonMetadata
    /// `NAME.dist-info/RECORD`.
    case pythonRecord
    /// `NAME.egg-info/installed-files.txt`.
    case pythonInstalledFiles
    /// `…/node_modules/[@SCOPE/]NAME/package.json`.
    case nodePackage

    /// What the file at `path` (raw bytes without a leading slash) is; nil for all the others.
    ///
    /// Asked of every file of a layer, so the last letter decides for most.
    package init?(_ path: UnsafeBufferPointer<UInt8>) {
        guard let last = path.last, Self.lastLetters[Int(last)] else { return nil }
        let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? -1
        let name = UnsafeBufferPointer(rebasing: path[(slash + 1)...])
        let folder = UnsafeBufferPointer(rebasing: path[..<max(slash, 0)])
        guard let kind = Self.kind(name, in: folder) else { return nil }
        self = kind
    }

    /// What the file at `path` is; nil for all the others.
    package init?(_ path: [UInt8]) {
        guard let kind = path.withUnsafeBufferPointer({ PackageFile($0) }) else { return nil }
        self = kind
    }

    /// Whether its content is worth keeping.
    package var isRead: Bool { self != .rpmOldDatabase }

    /// The last letters of all names below; a part of dpkg's `status.d` can end in anything that a package's name can.
    private static let lastLetters: [Bool] = {
        var letters = [Bool](repeating: false, count: 256)
        for byte in "+-.".utf8 { letters[Int(byte)] = true }
        for byte in UInt8(ascii: "a")...UInt8(ascii: "z") { letters[Int(byte)] = true }
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") { letters[Int(byte)] = true }
        for byte in "ADO".utf8 { letters[Int(byte)] = true }
        return letters
    }()

    private static func kind(_ name: UnsafeBufferPointer<UInt8>, in folder: UnsafeBufferPointer<UInt8>) -> PackageFile? {
        if name.elementsEqual("METADATA".utf8) { return folder.ends(with: ".dist-info") ? .pythonMetadata : nil }
        if name.elementsEqual("RECORD".utf8) { return folder.ends(with: ".dist-info") ? .pythonRecord : nil }
        if name.elementsEqual("PKG-INFO".utf8) { return folder.ends(with: ".egg-info") ? .pythonMetadata : nil }
        if name.elementsEqual("installed-files.txt".utf8) { return folder.ends(with: ".egg-info") ? .pythonInstalledFiles : nil }
        if name.elementsEqual("package.json".utf8) { return isNodePackage(folder) ? .nodePackage : nil }
        if name.ends(with: ".egg-info") { return .pythonMetadata }
        return system(name, in: folder)
    }

    private static func system(_ name: UnsafeBufferPointer<UInt8>, in folder: UnsafeBufferPointer<UInt8>) -> PackageFile? {
        if folder.elementsEqual("var/lib/dpkg/info".utf8) { return name.ends(with: ".list") ? .dpkgList : nil }
        if folder.elementsEqual("var/lib/dpkg".utf8) { return name.elementsEqual("status".utf8) ? .dpkgStatus : nil }
        if folder.elementsEqual("var/lib/dpkg/status.d".utf8) {
            return name.ends(with: ".md5sums") ? .dpkgStatusSums : .dpkgStatusPart
        }
        if name.elementsEqual("installed".utf8) {
            return folder.elementsEqual("lib/apk/db".utf8) || folder.elementsEqual("usr/lib/apk/db".utf8) ? .apkInstalled : nil
        }
        guard folder.ends(with: "lib/rpm") || folder.elementsEqual("usr/lib/sysimage/rpm".utf8) else { return nil }
        if name.elementsEqual("rpmdb.sqlite".utf8) { return .rpmDatabase }
        return name.elementsEqual("Packages".utf8) || name.elementsEqual("Packages.db".utf8) ? .rpmOldDatabase : nil
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
