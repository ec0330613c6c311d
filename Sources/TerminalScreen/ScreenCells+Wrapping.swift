extension ScreenCells {
    /// A line in pieces of at most so many columns, each of whole characters: nothing of it is cut off.
    package func wrapped(_ line: ScreenLine, _ columns: Int) -> [ScreenLine] {
        guard columns > 0 else { return [] }
        if line.spans.reduce(0, { $0 + width($1.text) }) <= columns { return [line] }
        var lines = [ScreenLine()]
        var used = 0
        for span in line.spans {
            var piece = String.UnicodeScalarView()
            for scalar in span.text.unicodeScalars {
                var needed = shown(scalar, isFirst: piece.isEmpty, span.style).1
                if used > 0, used + needed > columns {
                    lines[lines.count - 1].spans.append(Span(String(piece), span.style))
                    lines.append(ScreenLine())
                    (piece, used) = (String.UnicodeScalarView(), 0)
                    needed = shown(scalar, isFirst: true, span.style).1
                }
                piece.append(scalar)
                used += needed
            }
            lines[lines.count - 1].spans.append(Span(String(piece), span.style))
        }
        return lines
    }

    /// A sentence in lines of at most so many columns, broken between words where that is possible.
    package func wrapped(sentence: String, _ columns: Int) -> [String] {
        var lines: [String] = []
        for word in sentence.split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, width(last) + 1 + width(String(word)) <= columns {
                lines[lines.count - 1] = last + " " + word
            } else if let last = lines.last, width(String(word)) > columns * 2 / 3 {
                // A word that is nearly a line, such as a digest, begins where it stands.
                lines.removeLast()
                lines += wrapped(ScreenLine(last + " " + word), columns).map { $0.spans.map(\.text).joined() }
            } else {
                lines += wrapped(ScreenLine(String(word)), columns).map { $0.spans.map(\.text).joined() }
            }
        }
        return lines
    }

    /// The end of a text that fits, with a sign for what is missing before it.
    package func end(of text: String, _ columns: Int) -> String {
        guard width(text) > columns else { return text }
        let sign = isUTF8 ? "…" : "~"
        var (kept, used) = ([Unicode.Scalar](), 1)
        for scalar in text.unicodeScalars.reversed() {
            used += width(String(scalar))
            if used > columns { break }
            kept.append(scalar)
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: kept.reversed())
        return sign + String(view)
    }
}
