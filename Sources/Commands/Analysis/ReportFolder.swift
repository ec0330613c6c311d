import Glibc
import ImageStorage
import LayerAnalysis
import Operations
import PackageDatabases
import Reports
import StorageIO
import SystemPackage

/// The folder that reports go into; each file is written whole or not at all.
final class ReportFolder {
    private let path: String
    private(set) var written: [String] = []

    /// The folder at `path`, made when it is missing; what it holds under other names stays.
    init(_ path: String) throws {
        self.path = path
        guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
        throw CommandError.reportsNotWritten(path, StorageError(.makeDirectory, path, Errno(rawValue: errno)))
    }

    private func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    private func write(_ name: String, _ bytes: [UInt8]) throws { try write(name) { try $0.write(bytes) } }

    /// Writes a report piece by piece, as `body` makes it.
    private func write(_ name: String, _ body: (ReportStream) throws -> Void) throws {
        do {
            let file = try OutputFile.create(at: FilePath(path).appending(name))
            let stream = ReportStream { try file.write(contentsOf: $0) }
            try body(stream)
            try stream.finish()
            try file.commit()
        } catch let error as StorageError {
            throw CommandError.reportsNotWritten("\(path)/\(name)", error)
        }
        written.append(name)
    }

    func write(_ analysis: ImageAnalysis, _ inventory: PackageInventory, _ stored: StoredContents, _ trend: SizeTrend?) throws {
        try write("report.txt", ScreenText.safe(AnalysisText.text(analysis, inventory, TextStyle(), top: 25)))
        try write("report.json") { try AnalysisJSON.write(analysis, inventory, to: $0) }
        try write("report.md", AnalysisMarkdown.text(analysis))
        try write("report.html", HTMLPage.page(analysis, inventory, stored, trend))
        try write("layers.csv", AnalysisCSV.layers([analysis]))
        try write("wasted.csv") { try AnalysisCSV.writeWastedPaths(analysis, to: $0) }
        try write("duplicates.csv") { try AnalysisCSV.writeDuplicates(analysis, to: $0) }
        try write("packages.csv", AnalysisCSV.packages(inventory))
    }

    func write(_ diff: ImageDiff) throws {
        try write("diff.json") { try DiffJSON.write(diff, to: $0) }
        try write("diff.md", DiffMarkdown.text(diff))
        try write("diff.html", HTMLPage.page(diff))
        try write("diff.csv") { try DiffCSV.write(diff, to: $0) }
    }

    func write(_ check: CheckResult, budget: String?) throws {
        try write("check.json", JSONReport.text(CheckJSON.document(check)))
        try write("check.md", CheckMarkdown.text(check))
        try write("check.sarif", JSONReport.text(CheckSARIF.document(check, file: budget, version: StrataVersion.text)))
        try write("junit.xml", CheckJUnit.text(check))
    }
}
