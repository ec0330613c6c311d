// https://github.github.com/gfm/

/// Markdown as forges render it in comments.
enum MarkdownText {
    /// A table; columns whose name begins with `>` are aligned to the right.
    static func table(_ columns: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let names = columns.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }
        let rules = columns.map { $0.hasPrefix(">") ? "---:" : "---" }
        return ([names, rules] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
    }

    /// Code in a line: the fence is longer than any run of backticks in it, a bar does not end a cell.
    static func code(_ text: String) -> String {
        let plain = PathText.printable(text.split { $0.isNewline }.joined(separator: " ")).replacing("|", with: "\\|")
        guard !plain.isEmpty else { return "" }
        var longest = 0
        var run = 0
        for letter in plain {
            run = letter == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let blank = plain.hasPrefix("`") || plain.hasSuffix("`") ? " " : ""
        return fence + blank + plain + blank + fence
    }

    /// Words in which nothing is a mark.
    static func plain(_ text: String) -> String {
        var result = ""
        for letter in PathText.printable(text.split { $0.isNewline }.joined(separator: " ")) {
            if "\\`*_{}[]<>#|~&!".contains(letter) { result.append("\\") }
            result.append(letter)
        }
        return result
    }

    /// What to say below a list of which only `top` lines stand.
    static func more(_ count: Int, _ top: Int) -> String { count > top ? "\nand \(count - top) more\n" : "" }

    /// A part that is folded away until somebody opens it.
    static func folded(_ title: String, _ body: String) -> String {
        body.isEmpty ? "" : "<details><summary>\(title)</summary>\n\n\(body)\n</details>\n"
    }
}
