import Explorer
import Foundation
import TestSupport
import Testing

/// Commands that a screen shows can be pasted: they are about the same store, and a shell takes each word as it is.
@Suite struct PlainCommandTests {
    @Test func eachHasTheOptionsThatItTakes() {
        var command = PlainCommand()
        #expect(command.ofStore("undo") == "strata undo")
        command.store = ["--store", "/a b"]
        command.platform = ["--platform", "linux/arm64"]
        command.engine = ["--engine", "docker=/var/lib/docker"]
        command.planning = ["--namespace", "k8s.io"]
        #expect(
            command.ofImage("files", "a[1]", "--layer", "N")
                == "strata files 'a[1]' --layer N --platform linux/arm64 --store '/a b'")
        #expect(command.ofHost("df", "-v") == "strata df -v --engine docker=/var/lib/docker --store '/a b'")
        #expect(
            command.apply(only: ["image=a:1"])
                == "strata apply --store '/a b' $(strata plan -q --engine docker=/var/lib/docker --namespace k8s.io --store '/a b' --only image=a:1)"
        )
    }

    @Test(
        .needs("bash"),
        arguments: [
            "", "plain", "it's", "two  blanks", "$(id)`id`\\", "'\u{301}; id #", "\u{1B}[31m", "line\nbreak", "a\u{202E}b'c\\d",
            "\u{200B}",
            "日本 é", "-n", "*?[a]{b}~!", "\u{9B}2J7",
        ])
    func aShellTakesAWordAsItIs(word: String) throws {
        let quoted = PlainCommand.quoted(word)
        #expect(!quoted.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{202E}" })
        let outcome = try Program("bash").run(["-c", "printf %s. \(quoted)"], environment: ["LC_ALL": "C.UTF-8"])
        #expect(Array(outcome.output.utf8) == Array((word + ".").utf8), "\(quoted)")
    }
}
