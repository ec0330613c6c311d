import Foundation
import TestSupport
import Testing

/// A store of one test, and the program that works on it in the package's directory, so that `fixtures/…` are paths.
struct Workbench: Sendable {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// The store's directory; nothing is there before the first command.
    var store: String { folder.path("store") }

    /// The program, its store being this one.
    var program: Program {
        var program = Program.strata
        program.environment = ["STRATA_STORE": store, "HOME": folder.path]
        return program
    }

    /// Runs `strata arguments…` to its end.
    func strata(
        _ arguments: String..., environment: [String: String] = [:], input: Program.Input = .nothing
    ) throws -> Program.Outcome {
        try program.run(arguments, environment: environment, input: input)
    }

    /// Runs a command of the shell in which `$STRATA` is the program; `$1` and on are `arguments`.
    func shell(_ command: String, _ arguments: String...) throws -> Program.Outcome {
        var shell = Program.shell
        shell.environment = ["STRATA": Program.strata.path, "STRATA_STORE": store, "HOME": folder.path]
        return try shell.run(["-c", command, "sh"] + arguments)
    }

    /// Runs a command that must succeed, and returns what it wrote to standard output.
    @discardableResult
    func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try program.run(arguments)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        return outcome.output
    }

    /// The JSON document that a command writes.
    func document(_ arguments: String...) throws -> [String: Any] {
        let outcome = try program.run(arguments + ["--format", "json"])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try object(outcome.output)
    }

    /// What is wrong with the store, one line each.
    var problems: [String] { StoreChecker.problems(at: store) }

    /// The sessions that are open or were left behind.
    var ingestNames: [String] { names("ingest") }

    /// The files of a folder of the store.
    func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(store)/\(path)")) ?? []).sorted()
    }

    /// The names that `strata images` lists, such as `localhost/strata/app:1`; nameless images are left out.
    func imageNames() throws -> [String] {
        try succeed("images").split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            return words.count < 2 || words[0] == "<none>" ? nil : "\(words[0]):\(words[1])"
        }
    }

    /// Writes a file of the test's own and returns its path.
    func file(_ name: String, _ bytes: some DataProtocol) throws -> String {
        let path = folder.path(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

/// The archives under `fixtures/`.
enum Fixture {
    static let all = [
        "app-docker.tar", "app-oci-gzip.tar", "layout-two-refs.tar", "small-hybrid.tar", "small-oci-zstd.tar",
        "multi-platform.tar", "rootfs.tar.gz", "rootfs.tar.zst",
    ]

    static func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(Program.packageRoot)/fixtures/\(name)"))
    }
}

/// A JSON object.
func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "no object: \(text)")
}

/// Expects a failure told as people read it: one sentence that holds `name`, at most one hint, and no result.
func expectSentence(
    _ outcome: Program.Outcome, naming name: String, status: Int32 = 3, sourceLocation: SourceLocation = #_sourceLocation
) {
    let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.output == "", sourceLocation: sourceLocation)
    #expect(lines.first?.hasPrefix("strata: ") == true, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(lines.first?.contains(name) == true, "\(outcome.errors) does not name \(name)", sourceLocation: sourceLocation)
    #expect(lines.first?.hasSuffix(".") == false, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(lines.last == "", "the last line has no end", sourceLocation: sourceLocation)
    let rest = lines.dropFirst().dropLast()
    #expect(rest.isEmpty || (rest.count == 1 && rest.first?.hasPrefix("hint: ") == true), sourceLocation: sourceLocation)
}

/// Expects the failure as scripts read it, and returns its code.
@discardableResult
func expectErrorObject(
    _ outcome: Program.Outcome, naming name: String, status: Int32 = 3, sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    #expect(outcome.status == status, sourceLocation: sourceLocation)
    #expect(outcome.output == "", sourceLocation: sourceLocation)
    let document = try object(outcome.errors)
    #expect(Array(document.keys) == ["error"], sourceLocation: sourceLocation)
    let error = try #require(document["error"] as? [String: String], sourceLocation: sourceLocation)
    #expect(Set(error.keys).subtracting(["hint"]) == ["code", "message"], sourceLocation: sourceLocation)
    #expect(error["message"]?.contains(name) == true, "\(error) does not name \(name)", sourceLocation: sourceLocation)
    return error["code"] ?? ""
}
