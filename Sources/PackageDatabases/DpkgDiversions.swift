// https://manpages.debian.org/bookworm/dpkg/dpkg-divert.1.en.html

/// Files that lie at other paths than their packages list them at, since another package has its own there.
struct DpkgDiversions {
    private struct Diversion {
        var place: [UInt8]
        /// The package that diverts; nil where the machine's owner does, and every package's file is moved.
        var owner: String?
    }

    private var diversions: [[UInt8]: Diversion] = [:]
    /// Whether the record does not come in threes, or has something else than paths.
    private(set) var isDamaged: Bool

    /// What the file says: three lines for each, the path, where it goes instead, and the package, or `:`.
    init(_ bytes: [UInt8]) {
        isDamaged = !RecordText.isWholeText(bytes)
        var lines = RecordLines(bytes)
        while let path = lines.next() {
            if path.isEmpty, path.startIndex == bytes.count { break }
            guard let place = lines.next(), let owner = lines.next(), let from = Self.path(path), let to = Self.path(place),
                !owner.isEmpty
            else {
                isDamaged = true
                break
            }
            diversions[from] = Diversion(place: to, owner: owner.elementsEqual(":".utf8) ? nil : RecordText.text(owner))
        }
    }

    /// Where the file lies that `package` lists at `path`, without a slash in front.
    func place(of path: ArraySlice<UInt8>, of package: String) -> ArraySlice<UInt8> {
        if diversions.isEmpty { return path }
        guard let diversion = diversions[Array(path)], diversion.owner != package else { return path }
        return diversion.place[...]
    }

    private static func path(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        line.first == UInt8(ascii: "/") ? Array(line.drop { $0 == UInt8(ascii: "/") }) : nil
    }
}
