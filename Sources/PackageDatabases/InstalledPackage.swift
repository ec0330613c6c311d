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
        /// These paths; directories among them own nothing.
        case paths([[UInt8]])
        /// All at and below a directory, except packages within it.
        case directory([UInt8])
    }

    package var manager: PackageManager
    package var name: String
    package var version: String
    /// The machine it is for, in the manager's word; nil where the manager has none.
    package var architecture: String?
    package var files: Files

    /// A package from its parts.
    package init(_ manager: PackageManager, name: String, version: String, architecture: String? = nil, files: Files) {
        self.manager = manager
        self.name = name
        self.version = version
        self.architecture = architecture
        self.files = files
    }
}

/// A record of a package manager that could not be made sense of.
package struct PackageProblem: Error, Hashable, Sendable {
    /// What is wrong.
    package enum Reason: Hashable, Sendable {
        /// Not in the form that it should have.
        case damaged
        /// A form that nothing here reads.
        case unsupported
        /// Too large to be kept.
        case tooLarge
        /// The layer's content is not known: a foreign layer, or one known by its table of contents only.
        case unknownLayer(Int)
    }

    /// Raw bytes without a leading slash; empty for a whole layer.
    package var path: [UInt8]
    package var reason: Reason

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
