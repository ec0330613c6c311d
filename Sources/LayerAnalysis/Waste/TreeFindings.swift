/// What a stack of layers alone tells, whatever their images are called: everything costly about an analysis.
///
/// It depends on the diff IDs only, so it can be kept under them.
package struct TreeFindings: Hashable, Sendable {
    /// One for each layer, lowest first.
    package var layers: [LayerFigures]
    /// Bytes: logical sizes of the regular files that show, each inode once.
    package var visibleBytes: Int64
    /// Bytes by cause, indexed by its raw value.
    package var wasteBytes: [Int64]
    /// Most bytes first, then by path.
    package var wastedPaths: [WastedPath]
    /// Most extra bytes first, then by path.
    package var duplicates: [DuplicateGroup]
    /// Most bytes first, then by rule and layer.
    package var hints: [Hint]
}

extension MergedTree {
    /// What the layers applied so far tell.
    package func findings() -> TreeFindings {
        let visible = visibleNodes()
        var findings = figures()
        findings.wastedPaths = wastedPaths()
        findings.duplicates = duplicates(among: visible)
        findings.hints = hints(among: visible)
        return findings
    }

    /// The same without the lists, which take the most time.
    package func figures() -> TreeFindings {
        var wasteBytes = Array(repeating: Int64(0), count: WasteCause.allCases.count)
        for inode in wasted { wasteBytes[Int(inode.cause.rawValue)] += inode.bytes }
        return TreeFindings(
            layers: layers, visibleBytes: visibleBytes, wasteBytes: wasteBytes, wastedPaths: [], duplicates: [], hints: [])
    }
}
