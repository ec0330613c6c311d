import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import TestSupport
import Testing

/// Other programs read and write the store as it stands.
@Suite struct InteroperabilityTests {
    let fixture: ImageFixture

    init() throws {
        fixture = try ImageFixture()
    }

    /// Runs a program and returns its output.
    @discardableResult
    private func run(_ arguments: String...) throws -> String {
        let outcome = try Program(arguments[0]).run(Array(arguments.dropFirst()))
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome.output
    }

    @Test(.needs("skopeo")) func skopeoReadsAnImageByItsFullName() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        let raw = try run("skopeo", "inspect", "--raw", "oci:\(fixture.path):docker.io/library/busybox:latest")
        #expect(Digest(hashing: Array(raw.utf8)) == image.digest)
    }

    @Test(.needs("umoci")) func umociListsTheNames() throws {
        try fixture.images.setName(reference("busybox"), try fixture.image("a"))
        let list = try run("umoci", "list", "--layout", fixture.path)
        #expect(list == "docker.io/library/busybox:latest\n")
    }

    @Test(.needs("skopeo")) func whatSkopeoCopiesInIsFound() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        let source = "oci:\(fixture.path):docker.io/library/busybox:latest"
        try run("skopeo", "copy", "--insecure-policy", source, "oci:\(fixture.path):copied:1")
        #expect(try fixture.images.image("copied:1").imageID == fixture.images.load(image).imageID)
        #expect(try fixture.images.resolve("busybox").digest == image.digest)
        try fixture.images.setName(reference("third"), image)
        #expect(try fixture.images.resolve("copied:1").digest == image.digest)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test(.needs("umoci")) func aTagByUmociIsObeyed() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests.append(image.refNamed("first")) }
        try run("umoci", "tag", "--image", "\(fixture.path):first", "second")
        #expect(try fixture.images.resolve("second").digest == image.digest)
        try run("umoci", "remove", "--image", "\(fixture.path):first")
        #expect(throws: ImageError.noSuchImage("first")) { try fixture.images.resolve("first") }
    }
}
