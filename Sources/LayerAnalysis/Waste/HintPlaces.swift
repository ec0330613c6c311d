/// Where in one tree the rules' directories are: looked up once, so that no file's path needs to be put together.
struct HintPlaces {
    private var rules: [Int32: Int8] = [:]
    private var namedRules: [(name: [UInt8], rule: Int8)] = []
    private var filePatterns: [Int32: [(prefix: [UInt8], suffix: [UInt8], rule: Int8)]] = [:]

    /// The places in `tree` of all rules; of two rules for one directory the first has it.
    init(in tree: MergedTree) {
        let homes = Self.homes(in: tree)
        for (index, rule) in HintRule.all.enumerated().reversed() {
            for pattern in rule.patterns {
                switch pattern {
                case .directory(let path):
                    if let node = tree.existingNode(at: path.utf8) { rules[node] = Int8(index) }
                case .homeDirectory(let path):
                    for home in homes {
                        if let node = tree.existingNode(at: path.utf8, from: home) { rules[node] = Int8(index) }
                    }
                case .directoryName(let name): namedRules.append((Array(name.utf8), Int8(index)))
                case .file(let directory, let prefix, let suffix):
                    guard let node = tree.existingNode(at: directory.utf8) else { continue }
                    filePatterns[node, default: []].append((Array(prefix.utf8), Array(suffix.utf8), Int8(index)))
                }
            }
        }
    }

    /// The rule for everything below a directory; -1 when there is none.
    func rule(forDirectory node: Int32, named name: ArraySlice<UInt8>) -> Int8 {
        if let rule = rules[node] { return rule }
        return namedRules.first { $0.name.count == name.count && $0.name.elementsEqual(name) }?.rule ?? -1
    }

    /// The rule for a single file of the directory `parent`; -1 when there is none.
    func rule(forFile name: ArraySlice<UInt8>, in parent: Int32) -> Int8 {
        let fitting = filePatterns[parent]?.first { pattern in
            name.starts(with: pattern.prefix) && name.suffix(pattern.suffix.count).elementsEqual(pattern.suffix)
        }
        return fitting?.rule ?? -1
    }

    /// `/root` and the directories in `/home`.
    private static func homes(in tree: MergedTree) -> [Int32] {
        var homes = [tree.existingNode(at: "root".utf8)].compactMap { $0 }
        guard let home = tree.existingNode(at: "home".utf8) else { return homes }
        var child = tree.nodes[Int(home)].firstChild
        while child >= 0 {
            homes.append(child)
            child = tree.nodes[Int(child)].nextSibling
        }
        return homes
    }
}
