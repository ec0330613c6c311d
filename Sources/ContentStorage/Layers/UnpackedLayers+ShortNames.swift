package import OCISpec
package import StorageIO

/// Short names, by which mount options call layers: they go with their layers, and come back with them.
extension UnpackedLayers {
    /// The path of the folder of short names, which mount options are relative to.
    package var shortNamesPath: String { "\(content.path)/\(Self.folderName)/\(Self.shortNamesName)" }

    /// The short name of an unpacked layer, made when it is missing: twelve letters and digits of its digest.
    ///
    /// More of them where another layer has that name: who makes layers can make two that begin alike.
    package func shortName(of diffID: Digest) throws(ContentError) -> String {
        try lift(to: ContentError.init) { () throws(StorageError) in
            let layers = try content.root.directory(Self.folderName)
            let names = try layers.ensureDirectory(Self.shortNamesName)
            let hex = diffID.hex.uppercased()
            var name = hex
            for count in [12, 24, hex.count] {
                name = String(hex.prefix(count))
                if try names.ensureLink(name, to: Self.shortNameTarget(diffID)) { break }
            }
            let folder = try layers.directory(diffID.fileName)
            if try folder.status(Self.shortNameName) == nil { try folder.writeQuickly(Self.shortNameName, Array(name.utf8)) }
            return name
        }
    }

    /// Under which a layer in a bin keeps its short name.
    private static let keptShortNameName = "short"

    /// What the short name of a layer says.
    private static func shortNameTarget(_ diffID: Digest) -> String { "../\(diffID.fileName)/\(treeName)" }

    /// The layer that a short name leads to, be it there or not; nil for what is no short name.
    package func layer(ofShortName name: String) throws(StorageError) -> Digest? {
        guard let names = try shortNames(), let target = try names.linkTarget(name) else { return nil }
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let diffID = Digest(fileName: String(parts[1])), target == Self.shortNameTarget(diffID) else {
            return nil
        }
        return diffID
    }

    /// The short names whose layers are not there: earlier versions left them, and processes that were killed.
    package func staleShortNames() throws(StorageError) -> [String] {
        guard let names = try shortNames() else { return [] }
        var stale: [String] = []
        for name in try names.names() {
            guard let diffID = try layer(ofShortName: name) else { continue }
            if try content.root.status(Self.path(of: diffID)) == nil { stale.append(name) }
        }
        return stale
    }

    /// Removes them, and returns the allocated bytes that the file system got back; the caller has the sweep lock exclusively.
    ///
    /// A name is made after its layer has its place, so none of them is about to be of use.
    func removeStaleShortNames() throws(StorageError) -> Int64 {
        guard let names = try shortNames() else { return 0 }
        var freed: Int64 = 0
        for name in try staleShortNames() { freed += try names.removeTreeMeasured(name) }
        return freed
    }

    /// Puts the short name of a layer that was just moved into the folder of that, wherever it is now.
    func takeShortName(of diffID: Digest, into folder: Directory) throws(StorageError) {
        guard let name = try Self.shortName(of: diffID, in: folder), let names = try shortNames(),
            try names.linkTarget(name) == Self.shortNameTarget(diffID)
        else { return }
        _ = try ifPresent(try names.rename(name, to: Self.keptShortNameName, in: folder))
    }

    /// Puts the short name of a layer that is back in its place there as well, unless another layer has it by now.
    func giveShortName(of diffID: Digest) throws(StorageError) {
        guard let layers = try content.subfolder(Self.folderName, of: content.root),
            let folder = try content.subfolder(diffID.fileName, of: layers),
            try folder.status(Self.keptShortNameName) != nil
        else { return }
        let names = try layers.ensureDirectory(Self.shortNamesName)
        if let name = try Self.shortName(of: diffID, in: folder), try names.status(name) == nil {
            try folder.rename(Self.keptShortNameName, to: name, in: names)
        } else {
            try folder.removeFile(Self.keptShortNameName)
        }
    }

    private func shortNames() throws(StorageError) -> Directory? {
        guard let layers = try content.subfolder(Self.folderName, of: content.root) else { return nil }
        return try content.subfolder(Self.shortNamesName, of: layers)
    }

    /// The short name that a layer's folder notes; nil for a text that is none of that layer's.
    private static func shortName(of diffID: Digest, in folder: Directory) throws(StorageError) -> String? {
        guard let bytes = try folder.readFile(shortNameName, limit: 1024) else { return nil }
        let name = String(decoding: bytes, as: UTF8.self)
        return !name.isEmpty && diffID.hex.uppercased().hasPrefix(name) ? name : nil
    }
}
