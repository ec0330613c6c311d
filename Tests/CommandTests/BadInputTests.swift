import Foundation
import Glibc
import TestSupport
import Testing

/// Input that is damaged, absent or no image: a sentence that names it, and nothing half-done in the store.
struct BadInputTests {
    /// What is wrong with the file that the test makes.
    enum Damage: String, CaseIterable, Sendable {
        case truncated, flippedByte, flippedCompressedByte, missingLayer, json, text, empty
    }

    @Test(arguments: Damage.allCases)
    func aBadFileIsNamed(damage: Damage) throws {
        let bench = try Workbench()
        let path = try make(damage, in: bench)
        expectSentence(try bench.strata("scan", path), naming: path)
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
        #expect(try bench.imageNames() == [])
    }

    @Test(arguments: Damage.allCases)
    func aBadFileIsNamedInJSON(damage: Damage) throws {
        let bench = try Workbench()
        let path = try make(damage, in: bench)
        for verb in ["scan", "analyze", "files", "history"] {
            let code = try expectErrorObject(try bench.strata(verb, path, "--format", "json"), naming: path)
            #expect(!code.isEmpty && !code.contains(" "))
        }
    }

    @Test func aDirectoryThatIsNoLayoutIsNamed() throws {
        let bench = try Workbench()
        let folder = bench.folder.path("folder")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        expectSentence(try bench.strata("scan", folder), naming: folder)
    }

    @Test(arguments: ["/dev/null", "/nowhere/image.tar", "./nothing.tar"])
    func whatHoldsNothingIsNamed(path: String) throws {
        let bench = try Workbench()
        expectSentence(try bench.strata("scan", path), naming: path)
        try expectErrorObject(try bench.strata("analyze", path, "--format", "json"), naming: path)
    }

    @Test func aNameThatNothingHasSaysHowToGoOn() throws {
        let bench = try Workbench()
        let outcome = try bench.strata("analyze", "nosuchimage:7")
        expectSentence(outcome, naming: "nosuchimage:7")
        #expect(outcome.errors.contains("hint: "))
    }

    @Test func aFileThatMayNotBeReadIsNamed() throws {
        let bench = try Workbench()
        let path = try bench.file("secret.tar", try Fixture.bytes("small-hybrid.tar"))
        #expect(chmod(path, 0) == 0)
        guard geteuid() == 0 else {
            expectSentence(try bench.strata("scan", path), naming: path)
            return
        }
        try Skip.unless(installed: "setpriv")
        try FileManager.default.createDirectory(atPath: bench.store, withIntermediateDirectories: true)
        #expect(chmod(bench.store, 0o777) == 0)
        let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
        try Skip.unless(
            bench.shell("\(nobody) test -x \"$STRATA\"").status == 0, "another user cannot reach the program under test")
        let outcome = try bench.shell("\(nobody) \"$STRATA\" scan \"$1\"", path)
        expectSentence(outcome, naming: path)
        #expect(outcome.errors.contains("Permission denied"))
    }

    @Test func oneBadSourceOfSeveralFailsTheScanButHarmsNoOther() throws {
        let bench = try Workbench()
        let path = try make(.truncated, in: bench)
        let outcome = try bench.strata("scan", "fixtures/small-hybrid.tar", path)
        expectSentence(outcome, naming: path)
        #expect(bench.problems == [])
    }

    private func make(_ damage: Damage, in bench: Workbench) throws -> String {
        var bytes = try Fixture.bytes(damage == .flippedCompressedByte ? "app-oci-gzip.tar" : "app-docker.tar")
        switch damage {
        case .truncated: bytes = bytes.prefix(2_000_000)
        case .flippedByte: bytes[1_000_000] ^= 0x20
        case .flippedCompressedByte: bytes[600_000] ^= 0x01
        case .json: bytes = Data("[{\"Config\": 1, \"Layers\": ".utf8)
        case .text: bytes = Data(String(repeating: "no archive at all\n", count: 100).utf8)
        case .empty: bytes = Data()
        case .missingLayer: break
        }
        let path = try bench.file("\(damage.rawValue).tar", bytes)
        if damage == .missingLayer {
            let base = "9fd0dbc503daf83dddcaec18f8f37fbcd32b1115084d0d2bd20adf64b1a5d08e.tar"
            let outcome = try bench.shell("tar --delete -f \"$1\" \"$2\"", path, base)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        return path
    }
}
