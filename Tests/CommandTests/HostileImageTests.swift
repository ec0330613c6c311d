import Foundation
import OCISpec
import TestSupport
import Testing

/// An image all of whose texts want to act on a terminal, seen with every verb in every format on one.
@Suite(.needs("script", "python3")) struct HostileImageTests {
    /// A title, a colour that is none of the program's, the same with a C1 character, turned lines, and a line of its own.
    private static let evil =
        "\u{1B}]0;P\u{7}\u{1B}[35m\u{9B}35m\u{202E}\u{202A}\u{2066}\u{2069}\u{200F}\u{7F}\u{8}\u{85}\u{2028}\r\n::error::V\u{301}"

    private static let config = """
        import json, sys
        E, diffs = sys.argv[1], sys.argv[2:]
        json.dump({
            'architecture': 'amd64' + E, 'os': 'linux', 'variant': E, 'author': E, 'created': E,
            'rootfs': {'type': 'layers', 'diff_ids': diffs},
            'history': [{'created_by': 'RUN ' + E, 'comment': E, 'author': E, 'created': E} for _ in diffs],
            'config': {'User': E, 'Env': ['A' + E + '=' + E], 'Cmd': [E, 'x'], 'Entrypoint': [E], 'WorkingDir': '/' + E, 'StopSignal': E,
                       'Labels': {'l' + E: E}, 'Volumes': {'/' + E: {}}, 'ExposedPorts': {'80/tcp' + E: {}}, 'OnBuild': ['RUN ' + E],
                       'Shell': [E], 'Healthcheck': {'Test': ['CMD', E]}, 'odd' + E: E}, 'odd' + E: [E]}, sys.stdout)
        """

    private static func image(_ word: String, named name: String) throws -> ImageBuilder {
        let status = "Package: a\(evil.filter { $0 != "\r\n" })\nStatus: install ok installed\nVersion: 1\(word)\n\n"
        let big = TarMember.noise(size: 5000, seed: 1)
        let low = BuiltLayer([
            .file("o\(evil)/\(word)", big), .file("p\(evil)", big), .symlink("s\(evil)", to: evil),
            .file("q/\(word)\(evil)", size: 700),
            .file("var/lib/dpkg/status", text: status), .file("var/cache/apt/archives/\(evil).deb", size: 900),
        ])
        let high = BuiltLayer([.whiteout("p\(evil)"), .file("q/\(word)\(evil)", size: 800)])
        let foreign = BuiltLayer([.file("f", size: 9)]).with {
            $0.isAbsent = true
            $0.descriptor.mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar"
            $0.descriptor.urls = ["https://x/\(evil)"]
        }
        let layers = word == "foreign" ? [low, high, foreign] : [low, high]
        let made = try Program("python3").run(["-c", config, evil] + layers.map(\.diffID.description))
        return ImageBuilder(layers, named: name).with { $0.configOverride = Array(made.output.utf8) }
    }

    /// A folder with archives `a.tar`, `b.tar`, `label.tar` and `foreign.tar`, and a store with `x/evil:1`, which is `a.tar`.
    private static let bench = Result { () throws -> Workbench in
        let bench = try Workbench()
        for (word, name) in [("a", "x/evil:1"), ("b", "x/evil:2"), ("label", "::label\(evil)"), ("foreign", "x/evil:3")] {
            _ = try bench.file("\(word).tar", try image(word, named: name).layout().tar)
        }
        _ = try bench.file(
            "budget.yaml", Data("version: 1\nmax-wasted: 1\nmax-layer: 1\npaths:\n  - { match: \"**\", forbid: true }\n".utf8))
        _ = try bench.file("Dockerfile", Data("FROM x/evil:1\nLABEL \"a\u{1B}[35m=b\"\nLABEL a=b\n".utf8))
        try bench.succeed("load", "-q", "-i", bench.folder.path("a.tar"))
        return bench
    }

    private static func each(_ formats: [String], _ commands: [String]) -> [String] {
        commands.flatMap { command in formats.map { "\(command) --format \($0)" } }
    }

    private static let sources = ["a.tar", "label.tar", "foreign.tar"]
    private static let archives: [String] =
        each(["text", "json", "markdown", "csv"], sources.map { "scan \($0)" })
        + each(["text", "json", "markdown", "csv", "html"], sources.map { "analyze --packages \($0)" })
        + each(["text", "json"], sources.map { "files \($0)" })
        + each(["text", "json", "markdown", "csv", "html"], ["diff a.tar b.tar"])
        + each(["text", "json", "markdown", "junit", "sarif", "github"], ["check label.tar --budget budget.yaml"])

    private static let looks: [String] = each(
        ["text", "json"],
        [
            "inspect x/evil:1", "history x/evil:1", "history --no-trunc x/evil:1", "images", "images --digests", "df -v",
            "why /q x/evil:1",
            "plan -a", "system prune -a --dry-run", "image prune -a --dry-run", "fsck", "files x/evil:1 --wasted",
            "sql x/evil:1 'select * from entry, layer, image'", "check x/evil:1 --max-wasted 1", "images --filter label=l",
            "ps -a",
            "files a.tar '/none\u{1B}[35m'", "analyze '\u{1B}[35mnone'",
        ])
    private static let changes: [String] = each(
        ["text", "json"],
        [
            "load -i b.tar", "load -i label.tar", "load -i foreign.tar", "pin x/evil:1", "unpin x/evil:1",
            "tag x/evil:1 y/evil:1",
            "rmi y/evil:1", "import a.tar '::x\u{1B}[35m'", "build --check .", "build .",
        ])
    private static let others: [String] = [
        "sql x/evil:1 --csv 'select * from entry, layer, image'", "report a.tar -o out", "run --rm x/evil:1",
        "rmi x/none\u{1B}[35m:1", "scan --platform 'linux/arm64\u{1B}[35m' a.tar", "scan --\u{1B}[35m",
        "export x/evil:1 -o out.tar",
        "save -o out2.tar x/evil:1", "load --progress plain -i b.tar", "system prune -a",
    ]

    private static let silent = ["tag", "pin", "unpin", "export", "save"]

    @Test(arguments: archives + looks + changes + others) func nothingOfAnImageActsOnATerminal(command: String) throws {
        let bench = try Self.bench.get()
        let words = "cd '\(bench.folder.path)' && '\(Program.strata.path)' \(command)"
        let outcome = try bench.shell("echo n | TERM=xterm script -qec \"$1\" /dev/null", words)
        let text = Self.text(outcome.output)
        #expect(text.utf8.count > 2 || Self.silent.contains { command.hasPrefix($0) }, "nothing was said")
        let odd = text.unicodeScalars.filter { scalar in
            scalar != "\n"
                && (scalar.properties.generalCategory == .control || scalar.properties.isBidiControl || scalar == "\u{2028}")
        }
        #expect(odd.isEmpty, "\(text.debugDescription.prefix(3000))")
        // A line break stands in CSV as it is.
        for line in text.unicodeScalars.split(separator: "\n") where !command.contains("csv") {
            #expect(!line.starts(with: "::error::V".unicodeScalars), "\(text.debugDescription.prefix(3000))")
        }
    }

    /// What a terminal was sent, without the program's own colours and moves, and with line breaks as they were written.
    private static func text(_ output: String) -> String {
        let own = output.replacing(/\u{1B}\[(0|1|2|31|32|33)m|\u{1B}\[[0-9]*[AKJ]/, with: "")
        return String(String.UnicodeScalarView(own.unicodeScalars.filter { $0 != "\r" }))
    }

    @Test func aDumbTerminalGetsNoControlSequence() throws {
        let bench = try Self.bench.get()
        for command in ["scan a.tar", "fsck", "build .", "(cat a.tar; sleep 1) | '\(Program.strata.path)' scan -"] {
            let words = command.hasPrefix("(") ? command : "'\(Program.strata.path)' \(command)"
            let outcome = try bench.shell("TERM=dumb script -qec \"$1\" /dev/null", "cd '\(bench.folder.path)' && \(words)")
            let lines = outcome.output.replacing("\r\n", with: "\n")
            let odd = lines.unicodeScalars.filter { $0 != "\n" && $0.properties.generalCategory == .control }
            #expect(odd.isEmpty, "\(command): \(outcome.output.debugDescription.prefix(2000))")
        }
    }
}
