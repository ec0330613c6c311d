import Testing

/// A test that did not test says so.
@Suite struct SkippedTestTests {
    /// What is missing on this machine makes a test skipped, by a trait or by `Skip`; it never just returns.
    @Test func aMissingPeerIsNoEarlyReturn() throws {
        for file in try SourceFile.all(below: "Tests") where !file.path.hasPrefix("Tests/ArchitectureTests/") {
            for line in Self.silentlySkipping(in: file) {
                Issue.record(
                    "\(file.path):\(line + 1): `\(file.words(line))`: use `.needs(…)` or `Skip`, so that the test counts as skipped"
                )
            }
        }
    }

    /// A test that ends early has a comment above that says why it has tested all there was.
    @Test func anEarlyReturnSaysWhy() throws {
        for file in try SourceFile.all(below: "Tests") where !file.path.hasPrefix("Tests/ArchitectureTests/") {
            for line in Self.returningEarly(in: file) where !file.isComment(line - 1) {
                Issue.record("\(file.path):\(line + 1): `\(file.words(line))` ends a test early: say above why, or skip it")
            }
        }
    }

    @Test func whatSkipsSilentlyIsFound() {
        let text = """
            struct A {
                @Test func a() throws {
                    guard Program.isInstalled("x") else { return }
                    if !Program.isInstalled("x") { return }
                    guard let folder = SharedCases.folder,
                        true
                    else { return }
                    print("skipped: no x")
                    guard a else {
                        return
                    }
                    if b { c() }
                }

                private func b() { if a { return } }
            }
            """
        let file = SourceFile(path: "a", text: text)
        #expect(Self.silentlySkipping(in: file).map { $0 + 1 } == [3, 4, 5, 8])
        #expect(Self.returningEarly(in: file).map { $0 + 1 } == [3, 4, 7, 9])
    }

    private static let words = ["isInstalled", "isPossible", "SharedCases.", "print(\"skipped"]

    static func silentlySkipping(in file: SourceFile) -> [Int] {
        file.lines.indices.filter { line in
            let text = file.lines[line]
            guard Self.words.contains(where: text.contains) else { return false }
            if text.contains("print(\"skipped") { return !file.path.hasSuffix("TestSupport/Needs.swift") }
            guard text.contains(#/isInstalled|isPossible|SharedCases\.(?:folder|url)/#), text.contains(#/\b(?:guard|if)\b/#)
            else {
                return false
            }
            var end = line
            while end + 1 < file.lines.count, !file.lines[end].contains("{") { end += 1 }
            return file.lines[end].contains(#/\{ return(?: print\(.*\))? \}$/#)
        }
    }

    /// Lines in the body of a test function, not in a closure or a loop, that leave it.
    static func returningEarly(in file: SourceFile) -> [Int] {
        var found: [Int] = []
        var body: Int?
        var isTest = false
        for line in file.lines.indices where !file.words(line).isEmpty {
            let (words, depth) = (file.words(line), file.indentation(line))
            if words.hasPrefix("@Test") { isTest = true }
            if words.contains("func "), words.contains(#/^(?:@Test.*\) |@Test )?(?:private |static )*func /#) {
                body = isTest ? depth + 4 : nil
                isTest = false
            }
            guard depth == body, words.contains("{") else { continue }
            let leaves = words.contains(#/^(?:guard|if|else)\b.*\{ return(?: print\(.*\))? \}$/#)
            let next = line + 1 < file.lines.count ? file.words(line + 1) : ""
            if leaves || (words.contains(#/^(?:guard\b.*|else) (?:else )?\{$/#) && next == "return") { found.append(line) }
        }
        return found
    }
}
