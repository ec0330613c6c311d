import LayerArchive

/// An image whose figures are known beforehand.
struct WorkedCase: Sendable {
    /// What must come out; nil is not looked at.
    struct Expectation: Sendable {
        var wasted: Int64
        var causes: [ModelCause: Int64] = [:]
        var contentBytes: Int64?
        var visibleBytes: Int64?
        /// Every path of the merged tree, sorted by bytes; directories end with a slash.
        var tree: [String]?
        /// Groups of visible names of one inode, where there is more than one name.
        var sameInode: [[String]]?
        var added: [Int]?
        var modified: [Int]?
        var removed: [Int]?
        var hidden: [Int64]?
        var hides: [Int64]?
    }

    var name: String
    var layers: [[LayerEntry]]
    /// Nil: the image is refused for a hard link to nowhere.
    var expectation: Expectation?

    init(_ name: String, _ layers: [[LayerEntry]], _ expectation: Expectation?) {
        self.name = name
        self.layers = layers
        self.expectation = expectation
    }
}

/// The table of the semantics: every row must hold.
enum WorkedCases {
    static let million: Int64 = 1_000_000
    static let ten = 10 * million
    static let base = [TarEntry.file("etc/os-release", bytes: 1000, content: 99)]

    static let all: [WorkedCase] = [
        WorkedCase(
            "rm dir", [base, [TarEntry.file("opt/big/x", bytes: ten)], [TarEntry.whiteout("opt")]],
            .init(
                wasted: ten, causes: [.deleted: ten], contentBytes: 1000 + ten, visibleBytes: 1000,
                tree: ["etc/", "etc/os-release"], removed: [0, 0, 1], hidden: [0, ten, 0], hides: [0, 0, ten])),
        WorkedCase(
            "chmod", [base, [TarEntry.file("x", bytes: ten)], [TarEntry.file("x", bytes: ten, mode: 0o755)]],
            .init(
                wasted: ten, causes: [.metadataOnly: ten], contentBytes: 1000 + 2 * ten, visibleBytes: 1000 + ten,
                added: [1, 1, 0], modified: [0, 0, 1])),
        WorkedCase(
            "opaque",
            [
                base, [TarEntry.file("opt/big/x", bytes: ten)],
                [TarEntry.opaque("opt/big"), TarEntry.file("opt/big/y", bytes: 1, content: 2)],
            ],
            .init(
                wasted: ten, causes: [.opaque: ten], contentBytes: 1001 + ten, visibleBytes: 1001,
                tree: ["etc/", "etc/os-release", "opt/", "opt/big/", "opt/big/y"])),
        WorkedCase(
            "rm file", [base, [TarEntry.file("opt/x", bytes: ten)], [TarEntry.whiteout("opt/x")]],
            .init(
                wasted: ten, causes: [.deleted: ten], contentBytes: 1000 + ten, visibleBytes: 1000,
                tree: ["etc/", "etc/os-release", "opt/"])),
        WorkedCase(
            "ghost",
            [
                base, [TarEntry.file("a/keep", bytes: ten, content: 1)],
                [TarEntry.whiteout("ghost"), TarEntry.file("a/keep", bytes: ten, content: 2)],
            ],
            .init(
                wasted: ten, causes: [.overwritten: ten], contentBytes: 1000 + 2 * ten, visibleBytes: 1000 + ten,
                removed: [0, 0, 0])),
        WorkedCase(
            "duplicate entry", [base, [TarEntry.file("x", bytes: ten), TarEntry.file("x", bytes: ten)]],
            .init(
                wasted: ten, causes: [.duplicateEntry: ten], contentBytes: 1000 + 2 * ten, visibleBytes: 1000 + ten,
                added: [1, 1], hidden: [0, ten], hides: [0, ten])),
        WorkedCase(
            "hard link", [base, linked],
            .init(wasted: 0, contentBytes: 1000 + ten, visibleBytes: 1000 + ten, sameInode: [["x", "y"]])),
        WorkedCase(
            "hard link kept", [base, linked, [TarEntry.whiteout("x")]],
            .init(wasted: 0, contentBytes: 1000 + ten, visibleBytes: 1000 + ten, tree: ["etc/", "etc/os-release", "y"])),
        WorkedCase(
            "hard link gone", [base, linked, [TarEntry.whiteout("x"), TarEntry.whiteout("y")]],
            .init(wasted: ten, causes: [.deleted: ten], contentBytes: 1000 + ten, visibleBytes: 1000)),
        WorkedCase(
            "single layer", [[TarEntry.file("x", bytes: ten)]],
            .init(wasted: 0, contentBytes: ten, visibleBytes: ten, tree: ["x"])),
        WorkedCase(
            "dir to file", [base, [TarEntry.file("opt/x", bytes: ten)], [TarEntry.file("opt", bytes: 2)]],
            .init(
                wasted: ten, causes: [.typeChange: ten], contentBytes: 1002 + ten, visibleBytes: 1002,
                tree: ["etc/", "etc/os-release", "opt"], removed: [0, 0, 1])),
        WorkedCase(
            "many whiteouts",
            [
                base, (0..<20_000).map { TarEntry.file("d/f\($0)", bytes: 100, content: UInt64($0)) },
                (0..<1000).map { TarEntry.whiteout("d/f\($0)") },
            ],
            .init(
                wasted: 100_000, causes: [.deleted: 100_000], contentBytes: 2_001_000, visibleBytes: 1_901_000,
                removed: [0, 0, 1000])),
    ]

    private static let linked = [TarEntry.file("x", bytes: ten), TarEntry.link("y", to: "x")]
}
