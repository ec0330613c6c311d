import Foundation
import TestSupport

/// A Swift file of the project as the rules read it: by lines, with no more grammar than they need.
struct SourceFile: Sendable {
    /// Below the package's root.
    let path: String
    let text: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.components(separatedBy: "\n")
    }

    /// Every Swift file below a folder of the package, by path.
    static func all(below folder: String) throws -> [SourceFile] {
        let root = URL(filePath: Program.packageRoot).appending(path: folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        return try names.sorted().map { name in
            SourceFile(path: "\(folder)/\(name)", text: try String(contentsOf: root.appending(path: name), encoding: .utf8))
        }
    }

    /// A line without what stands before its first word; `line` counts from 0.
    func words(_ line: Int) -> Substring { lines[line].drop { $0 == " " } }

    /// Whether a line is a comment and nothing else.
    func isComment(_ line: Int) -> Bool { lines.indices.contains(line) && words(line).hasPrefix("//") }

    /// How far a line is indented.
    func indentation(_ line: Int) -> Int { lines[line].prefix { $0 == " " }.count }
}
