import PackageDatabases
import TextPatterns

/// A budget's pattern for packages, `NAME` or `MANAGER:NAME`, each with wildcards.
struct PackagePattern {
    private let text: String

    init(_ text: String) { self.text = text }

    /// Whether it means the package.
    func means(_ package: MeasuredPackage) -> Bool {
        TextGlob.matches(text, package.name) || TextGlob.matches(text, "\(package.manager.rawValue):\(package.name)")
    }

    /// Whether it may mean a package of the manager, whatever that is called; nil is a manager that nothing here reads.
    func mayMean(_ manager: PackageManager?) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return true }
        let head = text[..<colon]
        // The colon may stand in a set of letters.
        if head.contains("[") { return true }
        guard let manager else { return PackageManager(rawValue: String(head)) == nil }
        return TextGlob.matches(String(head), manager.rawValue)
    }
}
