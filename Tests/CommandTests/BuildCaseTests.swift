import Foundation
import TestSupport
import Testing

/// Dockerfiles whose trees and configs several builders agree on, and those where they do not.
struct BuildCaseTests {
    struct Case: Sendable, CustomStringConvertible {
        let kind: String
        let name: String

        var folder: String { "\(SharedCases.folder ?? "")/build/\(kind)/\(name)" }
        var description: String { "\(kind)/\(name)" }
    }

    /// Disputed ones that strata does otherwise than the builder whose result is kept there; docs/build.md says why.
    private static let otherwise: Set = [
        "ci-pipeline-modified", "copy--parents-all-directories", "replace-symlink-with-directory",
        "replace-symlink-with-directory-subdir",
    ]

    private static func cases(_ kinds: String...) -> [Case] {
        guard let folder = SharedCases.folder else { return [] }
        return kinds.flatMap { kind in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/build/\(kind)")) ?? []).sorted().map {
                Case(kind: kind, name: $0)
            }
        }
    }

    private static let settled = cases("agreed", "one-builder")
    private static let ofDebian = "quoted-and-inherited-arg"
    private static let disputed = cases("disputed").filter { !otherwise.contains($0.name) && $0.name != ofDebian }

    @Test(.needsRoot, arguments: settled)
    func theTreeAndTheConfigAreThoseThatTheBuildersAgreeOn(example: Case) throws {
        if try example.needsRuntime { try Skip.unless(installed: "crun") }
        try check(example, "expected.json")
    }

    @Test(.needsRoot, arguments: disputed)
    func disputedOnesFollowTheFirstBuilder(example: Case) throws {
        if try example.needsRuntime { try Skip.unless(installed: "crun") }
        let other = FileManager.default.fileExists(atPath: "\(example.folder)/expected.buildkit.json")
        try check(example, other ? "expected.buildkit.json" : "expected.json")
    }

    /// Its base, Debian, is not among the cases; what it needs of that is bash as `/bin/sh`.
    @Test(.needsRoot, .needsCases, .needs("crun")) func anArgumentsWordsAreTheShells() throws {
        let example = Case(kind: "disputed", name: Self.ofDebian)
        let bench = try Workbench()
        let script = """
            set -e
            mkdir "$1/bash"
            cp --parents /bin/bash $(ldd /bin/bash | grep -o '/[^ ]*') "$1/bash"
            ln -s bash "$1/bash/bin/sh"
            tar -C "$1/bash" -cf "$1/bash.tar" .
            """
        let made = try Program.shell.run(["-c", script, "sh", bench.folder.path])
        try #require(made.status == 0, "\(made.errors)")
        let path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        try bench.succeed(
            "import", "-c", path, "-c", "CMD [\"/bin/bash\"]", bench.folder.path("bash.tar"), "localhost/debian:bookworm")
        let expected = try json("\(example.folder)/expected.buildkit.json")
        let built = try build(example, bench)
        try #require(built.status == 0, "\(built.errors.suffix(500))")
        let files = try #require(expected["files"] as? [String: NSDictionary])
        let found = try tree(bench)
        for (path, file) in files { #expect(found[path] as? NSDictionary == file, "\(path)") }
        try compareConfigs(bench, expected["config"] as? [String: Any] ?? [:])
    }

    private func check(_ example: Case, _ file: String) throws {
        let bench = try Workbench()
        let cases = try #require(SharedCases.folder)
        try bench.succeed("load", "-q", "-i", "\(cases)/build/bases/busybox.tar")
        let expected = try json("\(example.folder)/\(file)")
        let built = try build(example, bench)
        if expected["result"] as? String == "fail" || expected["error"] != nil {
            #expect(built.status != 0, "\(example) must fail")
            #expect(try bench.imageNames().filter { $0.hasPrefix("probe") } == [])
            return
        }
        try #require(built.status == 0, "\(example): \(built.errors.suffix(500))")
        try compareTrees(bench, expected, "\(cases)/build/bases/busybox.json")
        try compareConfigs(bench, expected["config"] as? [String: Any] ?? [:])
        #expect(bench.ingestNames == [])
    }

    private func build(_ example: Case, _ bench: Workbench) throws -> Program.Outcome {
        let context = bench.folder.path("context")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        let unpacked = try Program("tar").run(["--xattrs", "-xpf", "\(example.folder)/context.tar", "-C", context])
        #expect(unpacked.status == 0, "\(unpacked.errors)")
        let about = try json("\(example.folder)/case.json")
        var arguments = ["build", "-t", "probe:t", "-f", "\(example.folder)/Dockerfile", "--progress", "plain"]
        for (name, value) in about["buildArgs"] as? [String: String] ?? [:] { arguments += ["--build-arg", "\(name)=\(value)"] }
        if let target = about["target"] as? String { arguments += ["--target", target] }
        return try bench.program.run(arguments + [context])
    }

    /// All that the built image shows.
    private func tree(_ bench: Workbench) throws -> [String: Any] {
        let tar = bench.folder.path("root.tar")
        try bench.succeed("export", "-o", tar, "probe:t")
        return try object(try Program("python3").run(["Tests/CommandTests/root-listing.py", tar]).output)
    }

    private func compareTrees(_ bench: Workbench, _ expected: [String: Any], _ base: String) throws {
        var found = try tree(bench)
        var wanted = expected["base"] as? String == "busybox" ? try json(base)["files"] as? [String: Any] ?? [:] : [:]
        for path in expected["removed"] as? [String] ?? [] { wanted[path] = nil }
        wanted.merge(expected["files"] as? [String: Any] ?? [:]) { _, new in new }
        for path in Set(found.keys).union(wanted.keys) where Self.isOfRuntimes(path) {
            found[path] = nil
            wanted[path] = nil
        }
        for path in Set(found.keys).union(wanted.keys).sorted() {
            let (left, right) = (found[path] as? NSDictionary, wanted[path] as? NSDictionary)
            #expect(left == right, "\(path)")
        }
    }

    /// What runtimes make for themselves.
    private static func isOfRuntimes(_ path: String) -> Bool {
        ["dev", "proc", "sys", "run"].contains(path.split(separator: "/").first.map(String.init) ?? "")
            || ["etc/hosts", "etc/resolv.conf", "etc/hostname", "etc/mtab", ".dockerenv"].contains(path)
    }

    private func compareConfigs(_ bench: Workbench, _ expected: [String: Any]) throws {
        let text = try bench.succeed("inspect", "probe:t")
        let images = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        let config = try #require(images?.first?["Config"] as? [String: Any])
        for key in Set(expected.keys).union(config.keys) {
            var found = config[key]
            if let set = found as? [String: Any], expected[key] is [Any] { found = set.keys.sorted() }
            if key == "WorkingDir" {
                found = (found as? String).map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            }
            var wanted = expected[key]
            if key == "WorkingDir" {
                wanted = (wanted as? String).map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
            }
            #expect(Self.text(found) == Self.text(wanted), "\(key)")
        }
    }

    /// A value as text; what is empty is absent.
    private static func text(_ value: Any?) -> String {
        switch value {
        case nil, is NSNull: ""
        case let list as [Any] where list.isEmpty: ""
        case let map as [String: Any] where map.isEmpty: ""
        case let text as String: text
        case let flag as Bool where !flag: ""
        case let value?:
            (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])).map {
                String(decoding: $0, as: UTF8.self)
            } ?? "\(value)"
        }
    }

    private func json(_ path: String) throws -> [String: Any] {
        try object(String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
    }
}

extension BuildCaseTests.Case {
    var needsRuntime: Bool {
        get throws { try String(contentsOfFile: "\(folder)/Dockerfile", encoding: .utf8).uppercased().contains("RUN") }
    }
}
