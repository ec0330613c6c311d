import DockerfileLanguage
import Foundation
import Glibc
import TestSupport
import Testing

/// `--chmod`, against chmod itself.
@Suite struct ModeChangeTests {
    @Test(arguments: [("755", 0o755), ("0644", 0o644), ("7777", 0o7777), ("0", 0)])
    func aNumberIsTheMode(_ text: String, _ mode: Int) {
        #expect(ModeChange(text)?.applied(to: 0o123, isDirectory: false) == UInt16(mode))
    }

    @Test(arguments: ["", "8", "77777", "u", "u=q", "=,", "z+r", "u=rwx,", ",u=r", "u~r", "+rg"])
    func whatIsNoModeIsRefused(_ text: String) { #expect(ModeChange(text) == nil, "\(text)") }

    /// A thousand random changes on random modes: chmod and this give the same bits.
    @Test func changesAreWhatChmodMakesOfThem() throws {
        let folder = try TemporaryDirectory()
        var random = SystemRandomNumberGenerator()
        func pick(_ letters: String, _ range: ClosedRange<Int>) -> String {
            String((0..<Int.random(in: range, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
        }
        for number in 0..<1000 {
            let isDirectory = number % 3 == 0
            let path = folder.path("x\(number)")
            if isDirectory { mkdir(path, 0o700) } else { close(open(path, O_CREAT | O_WRONLY, 0o600)) }
            let mode = mode_t.random(in: 0...0o7777, using: &random)
            chmod(path, mode)
            let text = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let copies = Int.random(in: 0..<5, using: &random) == 0
                return pick("ugoa", 0...3) + pick("+-=", 1...1) + (copies ? pick("ugo", 1...1) : pick("rwxXst", 0...4))
            }.joined(separator: ",")
            let change = try #require(ModeChange(text), "\(text)")
            // Where nobody is named chmod leaves out what the process's mask does; a build has none.
            let outcome = try Program.shell.run(["-c", "umask 0; chmod -- \"$1\" \"$2\"", "sh", text, path])
            guard outcome.status == 0 else { continue }
            var status = stat()
            #expect(lstat(path, &status) == 0)
            // Without root some bits cannot be set; then there is nothing to compare.
            guard geteuid() == 0 else { continue }
            #expect(
                change.applied(to: UInt16(mode), isDirectory: isDirectory) == UInt16(status.st_mode & 0o7777),
                "\(text) on \(String(mode, radix: 8))\(isDirectory ? " (directory)" : "")")
        }
    }
}
