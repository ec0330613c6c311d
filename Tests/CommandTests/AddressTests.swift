import Foundation
import OCISpec
import TestSupport
import Testing

/// Addresses that no socket can be opened to, and what a fault of the program itself looks like.
struct AddressTests {
    private static let ports = ["75050", "65536", "0"]

    @Test(arguments: ports) func aNameWithAPortThatThereIsNotIsRefused(port: String) throws {
        let bench = try Workbench()
        let name = "127.0.0.1:\(port)/foo"
        for arguments in [["pull", name], ["scan", "docker://\(name)"], ["tag", "x", name], ["push", name]] {
            expectSentence(try bench.program.run(arguments), naming: name, status: 2)
        }
        expectSentence(try bench.strata("run", name), naming: name, status: 125)
    }

    @Test(arguments: ports + ["", "x", "٨٠"]) func loginWantsAPortThatThereIs(port: String) throws {
        let outcome = try Workbench().strata("login", "-u", "me", "-p", "x", "-q", "127.0.0.1:\(port)")
        expectSentence(outcome, naming: "is not a valid registry", status: 2)
    }

    @Test(arguments: ports) func aBaseWithAPortThatThereIsNotIsRefused(port: String) throws {
        let bench = try Workbench()
        let file = try bench.file("Dockerfile", Data("FROM 127.0.0.1:\(port)/foo\n".utf8))
        let outcome = try bench.strata("build", "-q", "-f", file, bench.folder.path)
        #expect(outcome.status == 2 || outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("127.0.0.1:\(port)/foo"))
    }

    @Test(arguments: ports) func aFileAtAPortThatThereIsNotIsRefused(port: String) throws {
        let bench = try Workbench()
        let file = try bench.file("Dockerfile", Data("FROM scratch\nADD http://127.0.0.1:\(port)/x /\n".utf8))
        let outcome = try bench.strata("build", "-q", "-f", file, bench.folder.path)
        #expect(outcome.status == 2 || outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("127.0.0.1:\(port)/x"))
    }

    @Test(arguments: ports) func aServerThatLeadsToSuchAPortIsNotFollowed(port: String) throws {
        let scene = try PullScene { request in
            request.path.contains("/blobs/") ? .status(307, ("Location", "http://127.0.0.1:\(port)/x")) : nil
        }
        try scene.expectRefused(naming: "127.0.0.1:\(port)/x (its port is not a number from 1 to 65535), which is not followed")
    }

    @Test(arguments: ports) func aTokenServerAtSuchAPortIsNotAsked(port: String) throws {
        let scene = try PullScene { _ in
            .status(401, ("WWW-Authenticate", "Bearer realm=\"http://127.0.0.1:\(port)/token\""))
        }
        try scene.expectRefused(naming: "token server, its port is not a number from 1 to 65535")
    }

    #if STRATA_FAILPOINTS
        @Test(arguments: ["blob.before-write", "index.before-write"]) func aFaultOfTheProgramIsNotHidden(place: String) throws {
            let bench = try Workbench()
            let outcome = try bench.strata(
                "load", "-i", "fixtures/app-docker.tar", environment: ["STRATA_FAILPOINT": "\(place)=TRAP"])
            #expect([SIGILL, SIGTRAP].map { 128 + $0 }.contains(outcome.status), "\(outcome.status)")
            #expect(outcome.errors.contains("Backtracing"), "\(outcome.errors)")
        }
    #endif
}
