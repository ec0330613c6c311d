import Foundation
import OCISpec
import TestSupport
import Testing

/// Notes and warnings quote what came from elsewhere, and never a character that a terminal obeys.
struct TerminalEscapeTests {
    private static let escape = "\u{1B}]0;x\u{07}\u{1B}[31m"

    private func expectHarmless(_ outcome: Program.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        for text in [outcome.output, outcome.errors] {
            let isHarmless = text.unicodeScalars.allSatisfy { scalar in
                scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control
            }
            #expect(isHarmless, "\(text.debugDescription)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: ["analyze", "scan"]) func theAddressOfAForeignLayerIsHarmless(command: String) throws {
        let tar = Tar([.file("f", size: 100)]).bytes
        var layer = BuiltLayer(
            tar, stored: try Compressor.gzip(tar, "-n"),
            mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
        layer.descriptor.urls = ["https://x.test/y" + Self.escape]
        let image = ImageBuilder([layer], named: "x/y:1")
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        content.blobs[layer.descriptor.digest.description] = nil
        let registry = try ScriptedRegistry(content)
        let outcome = try Workbench().strata(command, "docker://\(registry.name)/a/b:1")
        expectHarmless(outcome)
        if command == "analyze" { #expect(outcome.errors.contains("https://x.test/y\\x1B]0;x"), "\(outcome.errors)") }
    }

    @Test func theWordsOfARegistryThatIsWaitedForAreHarmless() throws {
        let words = #"{"errors":[{"code":"\u001b[31mX","message":"y\u001b]0;x\u0007"}]}"#
        let scene = try PullScene { $0.number == 0 ? .status(503, ("Retry-After", "0"), body: words) : nil }
        let outcome = try scene.pull()
        #expect(outcome.status == 0 && outcome.errors.contains("[31mX"), "\(outcome.errors)")
        expectHarmless(outcome)
    }
}
