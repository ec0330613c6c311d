import PackageDatabases
import TextPatterns

/// A budget's pattern for packages, `NAME` or `MANAGER:NAME`, each with wildcards.
struct PackagePattern {
    private let glob: Glob
    /// The pattern for the manager; nil where it may be any.
    private let manager: (text: String, glob: Glob)?

    init(_ text: String) {
        glob = Glob(shell: text.utf8)
        let head = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        // The colon may stand in a set of letters.
        let isAny = head.endIndex == text.utf8.endIndex || head.contains(UInt8(ascii: "["))
        manager = isAny ? nil : (String(decoding: head, as: UTF8.self), Glob(shell: head))
    }

    /// Whether it means the package.
    func means(_ package: MeasuredPackage) -> Bool {
        glob.matches(package.name) || glob.matches("\(package.manager.rawValue):\(package.name)")
    }

    /// Whether it may mean a package of the manager, whatever that is called; nil is a manager that nothing here reads.
    func mayMean(_ manager: PackageManager?) -> Bool {
        guard let own = self.manager else { return true }
        guard let manager else { return PackageManager(rawValue: own.text) == nil }
        return own.glob.matches(manager.rawValue)
    }
}
