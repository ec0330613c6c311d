import Foundation
import Testing

/// No error goes unseen, and nothing that comes from outside ends the program.
@Suite struct ErrorHandlingTests {
    @Test(arguments: [#"\btry[?!]"#, #"\bfatalError\("#]) func libraryCodeHasNone(of word: String) throws {
        for file in try SourceFile.all(below: "Sources") {
            #expect(file.text.range(of: word, options: .regularExpression) == nil, "\(file.path) has a `\(word)`")
        }
    }

    /// What watches the threads of Dispatch's queues, and of Swift's tasks, ends the process where `/proc` is not mounted.
    @Test(arguments: [#"\bDispatchQueue\b"#, #"\bDispatchSource\b"#, #"\bTask(\.detached)? *\{"#, #"\bawait\b"#])
    func threadsArePlain(word: String) throws {
        for file in try SourceFile.all(below: "Sources") {
            #expect(
                file.text.range(of: word, options: .regularExpression) == nil, "\(file.path) has a `\(word)`: see PlainThread")
        }
    }

    /// A `catch` that does nothing, or only returns that there is nothing, has a comment that says why nothing is lost.
    ///
    /// In tests as well: an error that nobody sees may make one pass.
    @Test(arguments: ["Sources", "Tests"]) func whoeverPassesAnErrorOverSaysWhy(folder: String) throws {
        for file in try SourceFile.all(below: folder) where !file.path.hasSuffix("/ErrorHandlingTests.swift") {
            for line in Self.swallowing(in: file) {
                Issue.record("\(file.path):\(line + 1) passes an error over: say in a comment beside it why nothing is lost")
            }
        }
    }

    @Test func whatSwallowsIsFound() {
        let text = """
            do { try a() } catch {}
            do {
                try a()
            } catch {
                return nil
            }
            // The file is gone, as it was to be.
            do { try a() } catch {}
            do {
                try a()
            } catch {
                // Nothing was there.
                continue
            }
            do { return try a() } catch { return false }
            do { try a() } catch { log("{"); return [] }
            do { try a() } catch let error where error.isAbsent { return nil }
            do { try a() } catch { throw B(error) }
            do { return try a() } catch { return .stray }
            do { return try a() } catch { return Self.text(of: error) }
            do { return try a() } catch { return (nil, [:]) }
            """
        #expect(Self.swallowing(in: SourceFile(path: "a", text: text)).map { $0 + 1 } == [1, 4, 15, 19, 21])
    }

    /// The lines of `catch` blocks for every error that neither use it nor say why.
    static func swallowing(in file: SourceFile) -> [Int] {
        file.text.matches(of: #/\bcatch \{/#).compactMap { match in
            let body = block(in: file.text, from: match.range.upperBound)
            let code = body.replacing(#/\/\/[^\n]*/#, with: "").trimmingCharacters(in: .whitespacesAndNewlines)
            guard !body.contains("//"), code.wholeMatch(of: nothing) != nil else { return nil }
            let line = file.text[..<match.range.lowerBound].count { $0.isNewline }
            return file.isComment(line - 1) ? nil : line
        }
    }

    /// Nothing, or a way out with a value that does not depend on what happened.
    private static var nothing: Regex<Substring> {
        #/(?:(?:return )?(?:nil|true|false|-?\d+|""|\[:?\]|\.\w+|\((?:nil|true|false|\d+|\[:?\]|, )+\))|return|continue|break)?/#
    }

    /// What stands between a brace and the one that closes it; braces in strings are taken for braces.
    private static func block(in text: String, from start: String.Index) -> Substring {
        var depth = 1
        var end = start
        while end < text.endIndex {
            if text[end] == "{" { depth += 1 } else if text[end] == "}" { depth -= 1 }
            if depth == 0 { break }
            end = text.index(after: end)
        }
        return text[start..<end]
    }
}
