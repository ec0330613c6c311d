package import LayerArchive
package import PackageDatabases

/// A package and what it really occupies in the tree.
package struct MeasuredPackage: Hashable, Sendable {
    /// Whose records tell of it.
    package var manager: PackageManager
    /// As the manager spells it.
    package var name: String
    /// As the manager spells it: versions of two managers cannot be compared.
    package var version: String
    /// The machine it is for, in the manager's word; nil where the manager has none.
    package var architecture: String?
    /// Bytes: logical sizes of the visible files that are its own, each inode once.
    package var bytes: Int64
    /// How many inodes these are.
    package var fileCount: Int
    /// The folder that it is in, raw bytes, where that tells two copies of one version apart; else empty.
    package var place: [UInt8]

    /// A package from its parts.
    package init(
        manager: PackageManager, name: String, version: String, architecture: String?, bytes: Int64, fileCount: Int,
        place: [UInt8] = []
    ) {
        self.manager = manager
        self.name = name
        self.version = version
        self.architecture = architecture
        self.bytes = bytes
        self.fileCount = fileCount
        self.place = place
    }
}

/// The packages of an image, measured by its layers' own file lists, and what belongs to none.
///
/// Every visible file belongs to one package or to none: the packages' bytes and `unownedBytes` sum to the image's
/// `visibleBytes`. What two packages claim is the first one's, a system's package before one of a language.
package struct PackageInventory: Hashable, Sendable {
    /// By manager, name, version.
    package var packages: [MeasuredPackage]
    /// Bytes of visible files that no package claims; nil where the packages of a layer are not known.
    package var unownedBytes: Int64?
    /// Why packages may be missing.
    package var problems: [PackageProblem]

    /// An inventory from its parts.
    package init(packages: [MeasuredPackage], unownedBytes: Int64?, problems: [PackageProblem]) {
        self.packages = packages
        self.unownedBytes = unownedBytes
        self.problems = problems
    }
}

extension MergedTree {
    /// The packages that show; `indexes` are the layers applied so far, lowest first.
    ///
    /// Records are found by what the tree shows at their paths. Where the content of one was not kept with its layer's index,
    /// `reader` is asked for it, once for all of them.
    package func inventory(_ indexes: [LayerIndex], reader: RecordReader = { _ in [:] }) -> PackageInventory {
        let resolver = TreeResolver(self)
        var search = PackageRecordSearch(resolver)
        let contents = RecordContents(search.found(), of: self, indexes, reader)
        let reading = PackageReading(contents.documents)
        var claims = PackageClaims(resolver)
        let measured = claims.measured(reading.packages)
        let owned = measured.reduce(0) { $0 + $1.bytes }
        let isKnown = !contents.problems.contains(where: \.isOfLayer)
        return PackageInventory(
            packages: measured, unownedBytes: isKnown ? visibleBytes - owned : nil,
            problems: contents.problems + reading.problems)
    }
}
