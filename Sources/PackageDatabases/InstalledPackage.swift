package import LayerArchive

/// Who installed a package.
package enum PackageManager: String, Sendable, CaseIterable, Comparable {
    case deb
    case apk
    case rpm
    case pip
    case npm

    /// The system's own managers come first: what both claim is the system's.
    package static func < (left: PackageManager, right: PackageManager) -> Bool { left.precedence < right.precedence }

    private var precedence: Int {
        switch self {
        case .deb: 0
        case .apk: 1
        case .rpm: 2
        case .pip: 3
        case .npm: 4
        }
    }
}

/// One package as its manager's own records have it.
package struct InstalledPackage: Hashable, Sendable {
    /// What belongs to a package; raw bytes without a leading slash.
    package enum Files: Hashable, Sendable {
        /// What a list names; directories among it own nothing.
        case listed(FileList)
        /// All at and below a directory, except packages within it.
        case directory([UInt8])
    }

    /// Whose records say so.
    package var manager: PackageManager
    /// As the manager spells it; one name may be installed for several architectures, or at several places.
    package var name: String
    /// As the manager spells it: versions of two managers cannot be compared.
    package var version: String
    /// The machine it is for, in the manager's word; nil where the manager has none.
    package var architecture: String?
    /// What the records say of its files; whether they are in the tree is for others to look up.
    package var files: Files
    /// The folder that it is in, raw bytes, where that tells two copies of one version apart; else empty.
    package var place: [UInt8]

    /// A package from its parts.
    package init(
        _ manager: PackageManager, name: String, version: String, architecture: String? = nil, files: Files,
        place: [UInt8] = []
    ) {
        self.manager = manager
        self.name = name
        self.version = version
        self.architecture = architecture
        self.files = files
        self.place = place
    }
}

extension PackageFile {
    /// Whose file it is; nil for a manager that nothing here reads.
    package var manager: PackageManager? {
        switch self {
        case .dpkgStatus, .dpkgStatusPart, .dpkgStatusSums, .dpkgList, .dpkgDiversions: .deb
        case .apkInstalled: .apk
        case .rpmDatabase, .rpmLog, .rpmJournal, .rpmUnread: .rpm
        case .pythonMetadata, .pythonRecord, .pythonInstalledFiles: .pip
        case .nodePackage: .npm
        case .otherUnread: nil
        }
    }
}

/// A record of a package manager that could not be made sense of.
package struct PackageProblem: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Reason: Hashable, Sendable {
        /// Not in the form that it should have, from some place on at least.
        case damaged
        /// A form that nothing here reads.
        case unsupported
        /// Too large to be kept, or to be read to its end.
        case tooLarge
        /// It is a list of a package's files, and is not there; so many are not.
        case listMissing(count: Int)
        /// Its content was not kept, and cannot be read again.
        case notKept
        /// The layer's content is not known: a foreign layer, or one known by its table of contents only.
        case unknownLayer(Int)
    }

    /// Raw bytes without a leading slash; empty for a whole layer.
    package var path: [UInt8]
    /// Why, as a value: the sentence is made where it is shown.
    package var reason: Reason

    /// The manager whose packages may be missing; nil where any may.
    package var manager: PackageManager? { PackageFile(path)?.manager }

    /// Whether the packages of a whole layer are not known.
    package var isOfLayer: Bool {
        guard case .unknownLayer = reason else { return false }
        return true
    }

    /// A problem from its parts.
    package init(path: [UInt8], reason: Reason) {
        self.path = path
        self.reason = reason
    }
}
