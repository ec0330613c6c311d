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

    /// Runs a program and returns its output, or nil, with a line that says so, where it is not installed.
    private func run(_ arguments: String...) throws -> String? {
        let directories = ["/usr/bin", "/usr/local/bin"]
        guard let directory = directories.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(arguments[0])") })
        else {
            print("skipped: \(arguments[0]) is absent")
            return nil
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(directory)/\(arguments[0])")
        process.arguments = Array(arguments.dropFirst())
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(arguments): \(complaint)")
        return text
    }

    @Test func skopeoReadsAnImageByItsFullName() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        guard let raw = try run("skopeo", "inspect", "--raw", "oci:\(fixture.path):docker.io/library/busybox:latest") else {
            return
        }
        #expect(Digest(hashing: Array(raw.utf8)) == image.digest)
    }

    @Test func umociListsTheNames() throws {
        try fixture.images.setName(reference("busybox"), try fixture.image("a"))
        guard let list = try run("umoci", "list", "--layout", fixture.path) else { return }
        #expect(list == "docker.io/library/busybox:latest\n")
    }

    @Test func whatSkopeoCopiesInIsFound() throws {
        let image = try fixture.image("a")
        try fixture.images.setName(reference("busybox"), image)
        let source = "oci:\(fixture.path):docker.io/library/busybox:latest"
        guard try run("skopeo", "copy", "--insecure-policy", source, "oci:\(fixture.path):copied:1") != nil else { return }
        #expect(try fixture.images.image("copied:1").imageID == fixture.images.load(image).imageID)
        #expect(try fixture.images.resolve("busybox").digest == image.digest)
        try fixture.images.setName(reference("third"), image)
        #expect(try fixture.images.resolve("copied:1").digest == image.digest)
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    @Test func aTagByUmociIsObeyed() throws {
        let image = try fixture.image("a")
        try fixture.edit { $0.manifests.append(image.refNamed("first")) }
        guard try run("umoci", "tag", "--image", "\(fixture.path):first", "second") != nil else { return }
        #expect(try fixture.images.resolve("second").digest == image.digest)
        #expect(try run("umoci", "remove", "--image", "\(fixture.path):first") != nil)
        #expect(throws: ImageError.noSuchImage("first")) { try fixture.images.resolve("first") }
    }
}
