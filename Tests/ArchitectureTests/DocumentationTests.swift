import Testing

/// What other modules see says what it is.
///
/// The formatter's rule meets `public` declarations only, and here nothing is public.
@Suite struct DocumentationTests {
    @Test func everyPackageDeclarationHasAComment() throws {
        for file in try SourceFile.all(below: "Sources") {
            for line in Self.undocumented(in: file) {
                Issue.record(
                    "\(file.path):\(line + 1) has no comment: `\(file.words(line))`. Say its unit, its errors, or what it is for")
            }
        }
    }

    /// What a case carries is told by no name: a unit, whose path, which of two digests.
    @Test func everyCaseThatCarriesSomethingHasAComment() throws {
        for file in try SourceFile.all(below: "Sources") {
            for line in Self.undocumentedCases(in: file) {
                Issue.record("\(file.path):\(line + 1) has no comment: `\(file.words(line))`. Say when it is and what it carries")
            }
        }
    }

    @Test func aCaseWithoutACommentIsFound() {
        let text = """
            /// An enum.
            package enum A: Error {
                case plain
                case bare(Int)
                /// Bytes.
                case told(Int)
                indirect case nested(A)

                /// Another one.
                package enum B { case inline(Int) }
                /// One more.
                package enum C {
                    case deep(
                        Int)
                }

                func f() {
                    switch self {
                    case .bare(let number): print(number)
                    case told(1): break
                    }
                }
                case late(Int)
            }
            enum Internal {
                case bare(Int)
            }
            """
        #expect(Self.undocumentedCases(in: SourceFile(path: "a", text: text)).map { $0 + 1 } == [4, 7, 13, 23])
    }

    @Test func whatHasNoCommentIsFound() {
        let text = """
            /// A type.
            package struct A: Hashable {
                package let size: Int
                /// Bytes.
                @inlinable
                package static func count() -> Int { 1 }
                package static func == (left: A, right: A) -> Bool { true }
                package func hash(into hasher: inout Hasher) {}
                private(set) package var other = 0
                @discardableResult
                package func more() -> Int { 2 }
            }
            package import Foundation
            package extension A {}
            // package var not: Int
            package enum B { case a }
            /// The same.
            package final class C {}
            """
        #expect(Self.undocumented(in: SourceFile(path: "a", text: text)).map { $0 + 1 } == [3, 9, 11, 16])
    }

    /// The lines of declarations that other modules see and that no comment stands above.
    static func undocumented(in file: SourceFile) -> [Int] {
        let (declaration, exempt) = (Self.declaration, Self.exempt)
        return file.lines.indices.filter { line in
            let words = file.words(line)
            guard words.contains("package "), !words.hasPrefix("//"), words.prefixMatch(of: declaration) != nil,
                words.prefixMatch(of: exempt) == nil
            else { return false }
            var above = line - 1
            while above >= 0, file.words(above).hasPrefix("@") { above -= 1 }
            return above < 0 || !file.words(above).hasPrefix("///")
        }
    }

    /// The lines of cases with values, of enums that other modules see, above which no comment stands.
    ///
    /// The enum is the nearest line above that is less indented: the formatter sees to that.
    static func undocumentedCases(in file: SourceFile) -> [Int] {
        file.lines.indices.filter { line in
            let words = file.words(line)
            guard words.prefixMatch(of: #/(?:indirect )?case [a-z]\w*\(/#) != nil else { return false }
            let indentation = file.indentation(line)
            let outer = file.lines[..<line].indices.last { !file.words($0).isEmpty && file.indentation($0) < indentation }
            guard let outer, file.words(outer).contains(#/\bpackage (?:indirect )?enum /#) else { return false }
            return !file.words(line - 1).hasPrefix("///")
        }
    }

    private static var declaration: Regex<Substring> {
        #/(?:@\w+(?:\([^)]*\))? )*(?:(?:static|final|override|mutating|nonmutating|indirect|lazy|required|convenience|nonisolated|private\(set\)|fileprivate\(set\)|internal\(set\)) )*package (?!import |extension ).*/#
    }

    /// What a protocol of the standard library asks for, whose documentation says it all.
    private static var exempt: Regex<Substring> {
        #/.*(?:static func (?:==|<) |func (?:hash\(into|encode\(to|makeIterator\(|index\(after)|var (?:description|debugDescription|startIndex|endIndex|errorDescription)\b|init\((?:from decoder|arrayLiteral|stringLiteral|integerLiteral|dictionaryLiteral)|subscript\().*/#
    }
}
