/// What the readers take from the records of one tree.
struct Findings {
    /// More packages than any image has, and more names of files: records that say more are not read to their end.
    private static let mostPackages = 200_000
    private static let mostFiles = 4_000_000

    private(set) var packages: [InstalledPackage] = []
    private(set) var problems: [PackageProblem] = []
    private var fileCount = 0

    /// Whether there is room for a package more.
    var hasRoom: Bool { packages.count < Self.mostPackages && fileCount < Self.mostFiles }

    /// Adds a package of the record at `path`.
    mutating func add(_ package: InstalledPackage, from path: [UInt8]) {
        if case .listed(let files) = package.files {
            fileCount += files.count
            if files.isCut { add(.tooLarge, at: path) }
        }
        packages.append(package)
    }

    /// Tells that the record at `path` was not read, or not to its end.
    mutating func add(_ reason: PackageProblem.Reason, at path: [UInt8]) {
        problems.append(PackageProblem(path: path, reason: reason))
    }
}
