// https://docs.docker.com/reference/dockerfile/#format

import OCISpec
import TextValues

/// Reads a Dockerfile's text.
///
/// Words that are no instruction are read as well: whether a name means anything is the caller's question.
package struct DockerfileParser {
    /// Bytes; more is no Dockerfile that a person wrote.
    package static let maxBytes = 4 << 20

    private let lines: [Substring]
    private var next = 0
    private var file = Dockerfile()

    /// The file that `text` is.
    package static func parse(_ text: String) throws(DockerfileError) -> Dockerfile {
        guard text.utf8.count <= maxBytes else { throw DockerfileError(line: 1, problem: .tooLarge(limit: maxBytes)) }
        var parser = DockerfileParser(text)
        try parser.readDirectives()
        while let instruction = try parser.readInstruction() { parser.file.instructions.append(instruction) }
        guard !parser.file.instructions.isEmpty else { throw DockerfileError(line: 1, problem: .empty) }
        return parser.file
    }

    private init(_ text: String) {
        // By scalars, so that `\r\n` is no character of its own.
        let letters = text.unicodeScalars
        lines = (letters.first == "\u{FEFF}" ? letters.dropFirst() : letters[...]).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map { line in
            Substring(line.last == "\r" ? line.dropLast() : line)
        }
    }

    // MARK: Directives

    /// `# name=value` lines at the top; the first line that is none ends them.
    private mutating func readDirectives() throws(DockerfileError) {
        var seen: Set<String> = []
        for (number, line) in lines.enumerated() {
            guard let (name, value) = Self.directive(line) else { return }
            guard seen.insert(name).inserted else {
                throw DockerfileError(line: number + 1, problem: .repeatedDirective(name))
            }
            switch name {
            case "escape":
                guard value.isExactly("\\") || value.isExactly("`") else {
                    throw DockerfileError(line: number + 1, problem: .badEscape(value))
                }
                file.directives.escape = value == "`" ? "`" : "\\"
            case "syntax": file.directives.syntax = value
            default: file.directives.check = try LintSettings(value, line: number + 1)
            }
        }
    }

    /// The directive that a line is; nil for any other.
    static func directive(_ line: Substring) -> (name: String, value: String)? {
        let text = trimmed(line)
        guard text.unicodeScalars.first == "#" else { return nil }
        let pair = NameValue(Substring(text.unicodeScalars.dropFirst()))
        guard let written = pair.value else { return nil }
        let name = trimmed(pair.name[...]).lowercased()
        let value = trimmed(written[...])
        guard ["escape", "syntax", "check"].contains(name), !value.isEmpty else { return nil }
        return (name, String(value))
    }

    // MARK: Lines

    private mutating func readInstruction() throws(DockerfileError) -> Instruction? {
        while next < lines.count, Self.isComment(lines[next]) || Self.trimmed(lines[next]).isEmpty { next += 1 }
        guard next < lines.count else { return nil }
        let first = next + 1
        let text = joinedLine()
        var instruction: Instruction
        do {
            instruction = try InstructionReader(escape: file.directives.escape, line: first).read(text)
        } catch {
            throw DockerfileError(line: first, problem: .instruction(error))
        }
        instruction.lines = first...max(first, next)
        for place in instruction.heredocs.indices {
            instruction.heredocs[place].content = try readHeredoc(instruction.heredocs[place], line: first)
        }
        instruction.lines = first...max(first, next)
        return instruction
    }

    /// The line here and those that continue it; comments and empty lines between them are left out.
    private mutating func joinedLine() -> String {
        var (text, continues) = withoutContinuation(Self.trimmedStart(lines[next]))
        next += 1
        while continues, next < lines.count {
            let line = lines[next]
            next += 1
            if Self.isComment(line) { continue }
            if Self.trimmed(line).isEmpty {
                file.emptyContinuations.append(next)
                continue
            }
            let (more, goesOn) = withoutContinuation(line)
            text += more
            continues = goesOn
        }
        return text
    }

    /// The line without the escape that ends it, and whether there was one.
    private func withoutContinuation(_ line: Substring) -> (String, Bool) {
        let letters = line.unicodeScalars
        let end = letters.lastIndex { $0 != " " && $0 != "\t" }
        guard let end, letters[end] == file.directives.escape else { return (String(line), false) }
        // An escaped escape is text.
        if end > line.startIndex, letters[letters.index(before: end)] == file.directives.escape { return (String(line), false) }
        return (String(letters[..<end]), true)
    }

    private mutating func readHeredoc(_ heredoc: Instruction.Heredoc, line: Int) throws(DockerfileError) -> String {
        var content = ""
        while next < lines.count {
            var text = lines[next]
            next += 1
            if heredoc.dropsTabs { text = Substring(text.unicodeScalars.drop { $0 == "\t" }) }
            if text.isExactly(heredoc.name) { return content }
            content += text + "\n"
        }
        throw DockerfileError(line: line, problem: .unfinishedHeredoc(heredoc.name))
    }

    static func isComment(_ line: Substring) -> Bool { trimmedStart(line).unicodeScalars.first == "#" }

    static func trimmed(_ text: Substring) -> Substring { text.withoutBlanks }

    static func trimmedStart(_ text: Substring) -> Substring {
        Substring(text.unicodeScalars.drop { $0.properties.isWhitespace })
    }
}
