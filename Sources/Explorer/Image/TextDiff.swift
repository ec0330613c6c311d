import LayerAnalysis
import Reports
import TerminalScreen

/// What differs between two texts, line by line.
enum TextDiff {
    /// Lines that stay the same around a change.
    private static let context = 3

    /// The lines with `-` and `+` where they differ, and what stands around them.
    static func lines(from before: FileText, to after: FileText) -> [ScreenLine] {
        guard let old = before.text, let new = after.text else {
            return [ScreenLine("At least one of the two is binary: what differs is not shown.")]
        }
        // Compared by their bytes, as all texts of others.
        let pairs = LongestCommonSubsequence.pairs(old.map { Array($0.utf8) }, new.map { Array($0.utf8) })
        var all: [(line: ScreenLine, isChange: Bool)] = []
        var (left, right) = (0, 0)
        for pair in pairs + [(old.count, new.count)] {
            all += old[left..<pair.left].map { (ScreenLine([Span("- ", .removed), Span($0, .removed)]), true) }
            all += new[right..<pair.right].map { (ScreenLine([Span("+ ", .added), Span($0, .added)]), true) }
            if pair.left < old.count { all.append((ScreenLine([Span("  "), Span(old[pair.left])]), false)) }
            (left, right) = (pair.left + 1, pair.right + 1)
        }
        guard all.contains(where: \.isChange) else { return [ScreenLine("The text is the same.")] }
        return shortened(all)
    }

    /// Without what stays the same far from any change.
    private static func shortened(_ all: [(line: ScreenLine, isChange: Bool)]) -> [ScreenLine] {
        var near = Array(repeating: false, count: all.count)
        for place in all.indices where all[place].isChange {
            for other in max(0, place - context)...min(all.count - 1, place + context) { near[other] = true }
        }
        var lines: [ScreenLine] = []
        var skipped = 0
        for place in all.indices {
            guard near[place] else {
                skipped += 1
                continue
            }
            if skipped > 0 { lines.append(ScreenLine("  (\(AnalysisText.counted(skipped, "equal line")))", .bold)) }
            skipped = 0
            lines.append(all[place].line)
        }
        if skipped > 0 { lines.append(ScreenLine("  (\(AnalysisText.counted(skipped, "equal line")))", .bold)) }
        return lines
    }
}
