import Foundation
import TestSupport
import Testing

/// Machine-readable checks against the schemas that their readers publish.
///
/// The schemas are other people's, so they are not part of the project: `make schemas` fetches them into `.build/schemas`.
@Suite struct SchemaTests {
    private func schema(_ name: String) throws -> String {
        let path = "\(Program.packageRoot)/.build/schemas/\(name)"
        try Skip.unless(FileManager.default.fileExists(atPath: path), "\(path) is absent: `make schemas` fetches it")
        return path
    }

    private func reports(_ format: String) throws -> [String] {
        let bench = try ShopImages.bench()
        let budget = try bench.file("budget.yaml", Data(ShopImages.budget.utf8))
        let checks = [
            ["localhost/shop:2", "--budget", budget, "--against", "localhost/shop:1"], ["localhost/shop:1", "--max-size", "1GB"],
        ]
        return try checks.enumerated().map { number, arguments in
            let text = try bench.program.run(["check"] + arguments + ["--format", format]).output
            return try Self.keep(text, "\(format)-\(number)")
        }
    }

    private static func keep(_ text: String, _ name: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    @Test(.needs("/usr/bin/python3")) func sarifIsValid() throws {
        let schema = try schema("sarif-schema-2.1.0.json")
        let script = """
            import json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            for name in sys.argv[2:]:
                jsonschema.Draft7Validator(schema).validate(json.load(open(name)))
            """
        let probe = try Program("/usr/bin/python3").run(["-c", "import jsonschema"])
        try Skip.unless(probe.status == 0, "python3-jsonschema is not installed")
        let files = try reports("sarif")
        defer { for file in files { try? FileManager.default.removeItem(atPath: (file as NSString).deletingLastPathComponent) } }
        let outcome = try Program("/usr/bin/python3").run(["-c", script, schema] + files)
        #expect(outcome.status == 0, "\(outcome.errors.suffix(1000))")
        // The validator can say no.
        let wrong = try Self.keep(#"{"version": "2.1.0", "runs": [{"results": []}]}"#, "wrong.sarif")
        defer { try? FileManager.default.removeItem(atPath: (wrong as NSString).deletingLastPathComponent) }
        #expect(try Program("/usr/bin/python3").run(["-c", script, schema, wrong]).status != 0)
    }

    @Test(.needs("xmllint")) func junitIsValid() throws {
        let schema = try schema("junit-10.xsd")
        let files = try reports("junit")
        defer { for file in files { try? FileManager.default.removeItem(atPath: (file as NSString).deletingLastPathComponent) } }
        for file in files {
            let outcome = try Program("xmllint").run(["--noout", "--schema", schema, file])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let wrong = try Self.keep("<testsuites><testcase/></testsuites>", "wrong.xml")
        defer { try? FileManager.default.removeItem(atPath: (wrong as NSString).deletingLastPathComponent) }
        #expect(try Program("xmllint").run(["--noout", "--schema", schema, wrong]).status != 0)
    }

    /// A Markdown reader finds the tables and folds that were meant, and no markup of a file's name.
    @Test(.needs("/usr/bin/python3")) func markdownRendersAsMeant() throws {
        let probe = try Program("/usr/bin/python3").run(["-c", "import markdown_it"])
        try Skip.unless(probe.status == 0, "python3-markdown-it is not installed")
        let bench = try ShopImages.bench()
        let script = """
            import sys
            from markdown_it import MarkdownIt
            print(MarkdownIt("commonmark", {"html": True}).enable("table").render(open(sys.argv[1]).read()))
            """
        let odd = ImageBuilder(
            [BuiltLayer([.file("a|b`c`<b>x</b>*y*", size: 5000)]), BuiltLayer([.whiteout("a|b`c`<b>x</b>*y*")])],
            named: "localhost/odd:1")
        let archive = try bench.file("odd.tar", odd.dockerArchive().tar)
        let text = try bench.succeed("analyze", archive, "--format", "markdown")
        let file = try bench.file("report.md", Data(text.utf8))
        let html = try Program("/usr/bin/python3").run(["-c", script, file]).output
        #expect(html.components(separatedBy: "<table>").count - 1 == 3, "\(html)")
        #expect(html.contains("<code>/a|b`c`&lt;b&gt;x&lt;/b&gt;*y*</code>"), "\(html)")
        #expect(!html.contains("<b>") && !html.contains("<em>"))
        #expect(html.components(separatedBy: "<details>").count == html.components(separatedBy: "</details>").count)
    }
}
