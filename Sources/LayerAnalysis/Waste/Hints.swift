/// Leftovers that one layer brought and that one rule knows.
package struct Hint: Hashable, Sendable {
    /// The rule's name, such as `apt-lists`.
    package var rule: String
    /// The files, sorted; raw bytes without a leading slash.
    package var paths: [[UInt8]]
    /// Bytes of the files, each inode once.
    package var bytes: Int64
    /// The layer that stores them.
    package var layer: Int
    /// What to do about it, as a sentence without a full stop.
    package var advice: String
}

extension MergedTree {
    private struct HintKey: Hashable {
        var rule: Int
        var layer: Int32
    }

    /// Visible leftovers by rule and layer; most bytes first, then by rule and layer.
    ///
    /// Hints without bytes are left out. `visible` lists directories before what they hold: a directory hands its rule on.
    func hints(among visible: [Int32]) -> [Hint] {
        let places = HintPlaces(in: self)
        var ruleBelow = Array(repeating: Int8(-1), count: nodes.count)
        var found: [HintKey: [Int32]] = [:]
        for node in visible {
            let parent = nodes[Int(node)].parent
            let inherited = parent < 0 ? -1 : ruleBelow[Int(parent)]
            let number = nodes[Int(node)].below.inode
            if number < 0 {
                ruleBelow[Int(node)] = inherited >= 0 ? inherited : places.rule(forDirectory: node, named: name(of: node))
            } else if inodes[Int(number)].size > 0 {
                var rule = inherited
                if rule < 0 { rule = places.rule(forFile: name(of: node), in: parent) }
                if rule < 0, isUnpackedArchive(node) { rule = HintRule.unpackedArchiveIndex }
                if rule >= 0 { found[HintKey(rule: Int(rule), layer: inodes[Int(number)].layer), default: []].append(node) }
            }
        }
        return found.map { hint(HintRule.all[$0.rule], layer: Int($0.layer), $1) }.sorted {
            $0.bytes != $1.bytes ? $0.bytes > $1.bytes : ($0.rule, $0.layer) < ($1.rule, $1.layer)
        }
    }

    private func hint(_ rule: HintRule, layer: Int, _ files: [Int32]) -> Hint {
        let numbers = Set(files.map { nodes[Int($0)].below.inode })
        return Hint(
            rule: rule.name, paths: files.map { path(of: $0) }.sorted { $0.precedes($1) },
            bytes: numbers.reduce(0) { $0 + inodes[Int($1)].size }, layer: layer, advice: rule.advice)
    }

    /// Whether the file at `node` is an archive beside a directory of its name: `foo-1.2.tar.gz` next to `foo-1.2`.
    private func isUnpackedArchive(_ node: Int32) -> Bool {
        let name = name(of: node)
        guard let last = name.last, HintRule.archiveEndings.contains(last) else { return false }
        for suffix in HintRule.archiveSuffixes where name.count > suffix.count && name.suffix(suffix.count).elementsEqual(suffix)
        {
            let stem = Array(name.dropLast(suffix.count))
            let sibling = stem.withUnsafeBufferPointer {
                names.existingChild($0, of: nodes[Int(node)].parent, in: nodes)
            }
            if let sibling, nodes[Int(sibling)].below == .directory { return true }
        }
        return false
    }
}
