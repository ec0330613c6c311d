package import OCISpec
package import Operations

/// `df --format ncdu`: a host as folders of files, in ncdu's format.
package struct DiskTreeReport: Sendable {
    private let trees: [(title: String, tree: DiskTree)]

    /// A report of hosts by what they are called.
    package init(_ trees: [(title: String, tree: DiskTree)]) { self.trees = trees }

    /// Writes the listing, made by this version at that moment.
    package func write(version: String, now: Timestamp, to stream: ReportStream) throws {
        var text = try NcduText(version: version, now: now, to: stream)
        try text.open(NcduText.Item(Array((trees.count == 1 ? trees[0].title : "engines").utf8)))
        var first = 0
        for (title, tree) in trees {
            if trees.count > 1 { try text.open(NcduText.Item(Array(title.utf8))) }
            for folder in tree.folders {
                try text.open(NcduText.Item(Array(folder.name.utf8)))
                for file in folder.files {
                    // Two engines have nothing in common.
                    let link = file.link.map { (inode: first + $0.number, count: $0.count) }
                    try text.add(NcduText.Item(Array(file.name.utf8), bytes: file.diskBytes, link: link))
                }
                try text.close()
            }
            if trees.count > 1 { try text.close() }
            first += tree.folders.reduce(0) { $0 + $1.files.count }
        }
        try text.finish()
    }
}
