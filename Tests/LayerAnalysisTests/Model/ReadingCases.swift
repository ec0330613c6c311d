import LayerArchive

/// How each sentence on layers is read, by the smallest image that shows it.
enum ReadingCases {
    static let all = links + symlinks + inTheWay + markers + counts

    static let links: [WorkedCase] = [
        WorkedCase(
            "a link before its target shares it",
            [[TarEntry.link("l", to: "x"), TarEntry.file("x", bytes: 10)]],
            .init(wasted: 0, sameInode: [["l", "x"]])),
        WorkedCase(
            "a link before its target shares the first of two, though the lower tree has one too",
            [
                [TarEntry.file("x", bytes: 1)],
                [TarEntry.link("l", to: "x"), TarEntry.file("x", bytes: 10), TarEntry.file("x", bytes: 100)],
            ],
            .init(wasted: 1, causes: [.overwritten: 1], visibleBytes: 110)),
        WorkedCase(
            "a link after its target shares the last before it",
            [
                [
                    TarEntry.file("x", bytes: 1), TarEntry.file("x", bytes: 10), TarEntry.link("l", to: "x"),
                    TarEntry.file("x", bytes: 100),
                ]
            ],
            .init(wasted: 1, causes: [.duplicateEntry: 1], visibleBytes: 110)),
        WorkedCase(
            "a link keeps a lower inode whose old name its layer hides",
            [[TarEntry.file("x", bytes: 10)], [TarEntry.whiteout("x"), TarEntry.link("y", to: "x")]],
            .init(wasted: 0, tree: ["y"], added: [1, 1], removed: [0, 1])),
        WorkedCase(
            "a link keeps a lower inode whose directory its layer replaces",
            [[TarEntry.file("d/x", bytes: 10)], [TarEntry.file("d", bytes: 1), TarEntry.link("y", to: "d/x")]],
            .init(wasted: 0, tree: ["d", "y"])),
        WorkedCase(
            "a link may take the place of its target's directory",
            [[TarEntry.file("d/x", bytes: 10)], [TarEntry.link("d", to: "d/x")]],
            .init(wasted: 0, tree: ["d"])),
        WorkedCase(
            "a link beneath its own target takes the target's place",
            [[TarEntry.file("x", bytes: 10), TarEntry.link("x/y", to: "x")]],
            .init(wasted: 0, tree: ["x/", "x/y"])),
        WorkedCase("a link to nowhere", [[TarEntry.file("x")], [TarEntry.link("y", to: "z")]], nil),
        WorkedCase("a link to a directory", [[TarEntry.directory("d"), TarEntry.link("y", to: "d")]], nil),
        WorkedCase("a link to itself", [[TarEntry.link("y", to: "y")]], nil),
        WorkedCase("two links to each other", [[TarEntry.link("x", to: "y"), TarEntry.link("y", to: "x")]], nil),
        WorkedCase(
            "two links to each other over a lower file",
            [[TarEntry.file("y", bytes: 10)], [TarEntry.link("x", to: "y"), TarEntry.link("y", to: "x")]],
            .init(wasted: 0, sameInode: [["x", "y"]])),
        WorkedCase(
            "a chain of links to a later file",
            [[TarEntry.link("x", to: "y"), TarEntry.link("y", to: "z"), TarEntry.file("z", bytes: 10)]],
            .init(wasted: 0, sameInode: [["x", "y", "z"]])),
        WorkedCase(
            "a link to a symlink is the symlink",
            [
                [
                    TarEntry.file("d/f", bytes: 10), TarEntry.symlink("s", to: "d"), TarEntry.link("l", to: "s"),
                    TarEntry.file("l/g"),
                ]
            ],
            .init(wasted: 0, tree: ["d/", "d/f", "d/g", "l", "s"], sameInode: [["l", "s"]])),
        WorkedCase(
            "a target is looked for through a directory symlink",
            [
                [TarEntry.file("usr/lib/x", bytes: 10), TarEntry.symlink("lib", to: "usr/lib")],
                [TarEntry.link("y", to: "lib/x")],
            ],
            .init(wasted: 0, sameInode: [["usr/lib/x", "y"]])),
        WorkedCase(
            "several last names in one layer",
            [
                [TarEntry.file("x", bytes: 10), TarEntry.link("y", to: "x"), TarEntry.link("d/z", to: "x")],
                [TarEntry.whiteout("x"), TarEntry.opaque("d"), TarEntry.file("y", bytes: 10, mode: 0o600)],
            ],
            .init(wasted: 10, causes: [.metadataOnly: 10])),
        WorkedCase(
            "names lost in an earlier layer do not matter",
            [
                [TarEntry.file("x", bytes: 10), TarEntry.link("y", to: "x")], [TarEntry.file("x", bytes: 1)],
                [TarEntry.whiteout("y")],
            ],
            .init(wasted: 10, causes: [.deleted: 10], hidden: [10, 0, 0], hides: [0, 0, 10])),
        WorkedCase(
            "the same inode again at its path",
            [[TarEntry.file("x", bytes: 10), TarEntry.link("y", to: "x")], [TarEntry.link("x", to: "y")]],
            .init(wasted: 0, modified: [0, 1])),
    ]

    static let symlinks: [WorkedCase] = [
        WorkedCase(
            "an entry lands where a lower directory symlink points",
            [
                [TarEntry.file("usr/lib/x", bytes: 10), TarEntry.symlink("lib", to: "usr/lib")],
                [TarEntry.file("lib/x", bytes: 20)],
            ],
            .init(
                wasted: 10, causes: [.overwritten: 10], tree: ["lib", "usr/", "usr/lib/", "usr/lib/x"], modified: [0, 1])),
        WorkedCase(
            "a whiteout goes through a symlink, and does not follow its own name",
            [
                [TarEntry.file("d/x", bytes: 10), TarEntry.file("d/y", bytes: 1), TarEntry.symlink("s", to: "d")],
                [TarEntry.whiteout("s/x"), TarEntry.whiteout("s")],
            ],
            .init(wasted: 10, causes: [.deleted: 10], tree: ["d/", "d/y"])),
        WorkedCase(
            "an opaque marker follows its directory's name",
            [[TarEntry.file("d/x", bytes: 10), TarEntry.symlink("s", to: "d")], [TarEntry.opaque("s")]],
            .init(wasted: 10, causes: [.opaque: 10], tree: ["d/", "s"])),
        WorkedCase(
            "an opaque marker stays where its layer stored a directory",
            [
                [TarEntry.file("d/x", bytes: 10), TarEntry.symlink("s", to: "d")],
                [TarEntry.directory("s"), TarEntry.opaque("s")],
            ],
            .init(wasted: 0, tree: ["d/", "d/x", "s/"])),
        WorkedCase(
            "a directory entry replaces a lower symlink",
            [
                [TarEntry.file("d/x", bytes: 10), TarEntry.symlink("s", to: "d")],
                [TarEntry.directory("s"), TarEntry.file("s/x", bytes: 1)],
            ],
            .init(wasted: 0, tree: ["d/", "d/x", "s/", "s/x"], added: [2, 1], modified: [0, 1])),
        WorkedCase(
            "a symlink to nothing makes the missing directories",
            [[TarEntry.symlink("s", to: "/no/where"), TarEntry.file("s/x")]],
            .init(wasted: 0, tree: ["no/", "no/where/", "no/where/x", "s"], added: [2])),
        WorkedCase(
            "symlinks stay inside the root",
            [[TarEntry.symlink("a/s", to: "../../../../d"), TarEntry.file("a/s/x")]],
            .init(wasted: 0, tree: ["a/", "a/s", "d/", "d/x"])),
        WorkedCase(
            "a missing name that is left again is not made",
            [[TarEntry.symlink("s", to: "no/../d"), TarEntry.file("s/x")]],
            .init(wasted: 0, tree: ["d/", "d/x", "s"])),
        WorkedCase(
            "a loop is broken at the 256th symlink",
            [[TarEntry.symlink("a", to: "b"), TarEntry.symlink("b", to: "a"), TarEntry.file("a/x", bytes: 10)]],
            .init(wasted: 0, tree: ["a", "b/", "b/x"])),
        WorkedCase(
            "a symlink that was hidden before is not followed",
            [
                [TarEntry.file("d/x", bytes: 10), TarEntry.symlink("s", to: "d")],
                [TarEntry.whiteout("s"), TarEntry.file("s/x", bytes: 1)],
            ],
            .init(wasted: 0, tree: ["d/", "d/x", "s/", "s/x"])),
        WorkedCase(
            "a symlink that is hidden later is followed",
            [
                [TarEntry.file("d/x", bytes: 10), TarEntry.symlink("s", to: "d")],
                [TarEntry.file("s/x", bytes: 1), TarEntry.whiteout("s")],
            ],
            .init(wasted: 10, causes: [.overwritten: 10], tree: ["d/", "d/x"])),
    ]

    static let inTheWay: [WorkedCase] = [
        WorkedCase(
            "a lower file in the way", [[TarEntry.file("a", bytes: 10)], [TarEntry.file("a/b", bytes: 1)]],
            .init(
                wasted: 10, causes: [.typeChange: 10], tree: ["a/", "a/b"], added: [1, 1], modified: [0, 0], removed: [0, 0])),
        WorkedCase(
            "a file of the same layer in the way", [[TarEntry.file("a", bytes: 10), TarEntry.file("a/b", bytes: 1)]],
            .init(wasted: 10, causes: [.duplicateEntry: 10], tree: ["a/", "a/b"])),
        WorkedCase(
            "a file over a directory of the same layer",
            [[TarEntry.file("a/b", bytes: 10), TarEntry.file("a", bytes: 1)]],
            .init(wasted: 10, causes: [.duplicateEntry: 10], tree: ["a"], added: [1])),
        WorkedCase(
            "what a file hid stays hidden when a directory takes its place",
            [[TarEntry.file("a/b", bytes: 10)], [TarEntry.file("a", bytes: 1), TarEntry.directory("a")]],
            .init(wasted: 11, causes: [.typeChange: 10, .duplicateEntry: 1], tree: ["a/"])),
        WorkedCase(
            "a directory entry merges", [[TarEntry.file("a/b", bytes: 10)], [TarEntry.directory("a")]],
            .init(wasted: 0, tree: ["a/", "a/b"], added: [1, 0], modified: [0, 1])),
        WorkedCase(
            "a symlink over a file", [[TarEntry.file("a", bytes: 10)], [TarEntry.symlink("a", to: "a")]],
            .init(wasted: 10, causes: [.typeChange: 10], tree: ["a"], modified: [0, 1])),
    ]

    static let markers: [WorkedCase] = [
        WorkedCase(
            "a marker spares its own layer, before and after it",
            [
                [TarEntry.file("d/x", bytes: 10)],
                [TarEntry.file("d/y"), TarEntry.opaque("d"), TarEntry.whiteout("d"), TarEntry.file("d/z")],
            ],
            .init(wasted: 10, causes: [.deleted: 10], tree: ["d/", "d/y", "d/z"])),
        WorkedCase(
            "storing is asked before hiding",
            [[TarEntry.file("x", bytes: 10)], [TarEntry.whiteout("x"), TarEntry.file("x", bytes: 1)]],
            .init(wasted: 10, causes: [.overwritten: 10])),
        WorkedCase(
            "a directory above that becomes a file is asked before a whiteout",
            [[TarEntry.file("d/x", bytes: 10)], [TarEntry.whiteout("d/x"), TarEntry.fifo("d")]],
            .init(wasted: 10, causes: [.typeChange: 10])),
        WorkedCase(
            "a whiteout beneath an opaque directory, wherever it stands",
            [[TarEntry.file("d/e/x", bytes: 10)], [TarEntry.opaque("d"), TarEntry.whiteout("d/e/x")]],
            .init(wasted: 10, causes: [.deleted: 10], tree: ["d/"])),
        WorkedCase(
            "an opaque root", [[TarEntry.directory(""), TarEntry.file("x", bytes: 10)], [TarEntry.opaque("")]],
            .init(wasted: 10, causes: [.opaque: 10], tree: [], added: [2, 0], removed: [0, 1])),
        WorkedCase(
            "a marker makes no directories", [[TarEntry.whiteout("a/b"), TarEntry.opaque("c/d")]], .init(wasted: 0, tree: [])),
    ]

    static let counts: [WorkedCase] = [
        WorkedCase(
            "a removed directory counts itself and all it held, missing parents apart",
            [[TarEntry.directory("d"), TarEntry.file("d/e/x"), TarEntry.symlink("d/s", to: "x")], [TarEntry.whiteout("d")]],
            .init(wasted: 1, causes: [.deleted: 1], added: [3, 0], removed: [0, 3])),
        WorkedCase(
            "the root is below once a lower layer stored anything",
            [[TarEntry.directory("")], [TarEntry.directory(""), TarEntry.file("x")]],
            .init(wasted: 0, added: [1, 1], modified: [0, 1])),
        WorkedCase(
            "a layer of markers stores nothing",
            [[TarEntry.whiteout("x")], [TarEntry.directory("")]], .init(wasted: 0, added: [0, 1], modified: [0, 0])),
        WorkedCase(
            "a file that became a missing parent is no longer stored",
            [[TarEntry.file("a", bytes: 10), TarEntry.file("a/b")], [TarEntry.whiteout("a")]],
            .init(wasted: 11, causes: [.duplicateEntry: 10, .deleted: 1], added: [1, 0], removed: [0, 1])),
    ]
}
