// https://github.github.com/gfm/

/// Markdown as forges render it in comments.
enum MarkdownText {
    /// A table; columns whose name begins with `>` are aligned to the right.
    ///
    /// A bar ends a cell even within code, so it is escaped here for all cells, and nowhere else.
    static func table(_ columns: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let names = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
        let rules = columns.map { $0.hasPrefix(">") ? "---:" : "---" }
        let cells = rows.map { $0.map { $0.replacingScalars { $0 == "|" ? "\\|" : nil } } }
        return ([names, rules] + cells).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    /// Code in a line: the fence is longer than any run of backticks in it.
    ///
    /// Where a backtick or a blank stands at an end, a blank stands between it and the fence, which readers take away again.
    static func code(_ text: String) -> String {
        let content = PathText.printable(text).unicodeScalars
        guard let first = content.first, let last = content.last else { return "" }
        var (longest, run) = (0, 0)
        for scalar in content {
            run = scalar == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let isBlank = content.allSatisfy { $0 == " " }
        let needsBlank = first == "`" || last == "`" || (first == " " && last == " " && !isBlank)
        let blank = needsBlank ? " " : ""
        return fence + blank + String(content) + blank + fence
    }

    /// Words in which nothing is a mark; a bar needs a table's care alone.
    static func plain(_ text: String) -> String {
        PathText.printable(text).replacingScalars { "\\`*_{}[]<>#~&!".unicodeScalars.contains($0) ? "\\\($0)" : nil }
    }

    /// What to say below a list of which only `top` lines stand.
    static func more(_ count: Int, _ top: Int) -> String { count > top ? "\nand \(count - top) more\n" : "" }

    /// A part that is folded away until somebody opens it.
    static func folded(_ title: String, _ body: String) -> String {
        body.isEmpty ? "" : "<details><summary>\(title)</summary>\n\n\(body)\n</details>\n"
    }
}
