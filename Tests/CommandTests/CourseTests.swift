import Foundation
import OCISpec
import TestSupport
import Testing

/// The session that every course on containers teaches, word for word, with strata in the place of docker.
struct CourseTests {
    @Test func theFirstLessonReadsAsItDoesWithDocker() throws {
        var course = try Course()
        try course.run("docker load -i busybox.tar")
        try course.run("docker images")
        try course.run("docker images | grep busybox")
        try course.run("docker image ls busybox")
        let blobs = try course.blobBytes()
        try course.run("docker tag busybox:latest mybusybox:latest")
        #expect(try course.blobBytes() == blobs, "a further name takes no byte")
        try course.run("docker images")
        try course.run("docker images mybusybox")
        try course.run("docker images -q")
        try course.run("docker rmi mybusybox")
        try course.run("docker tag busybox twin:1")
        try course.run("docker rmi $(docker images -q busybox)", status: 1)
        try course.run("docker rmi twin:1")
        try course.run("docker image rm $(docker images -q busybox)")
        try course.run("docker images")
        try course.run("docker rmi busybox", status: 3)
        try course.run("docker load -q -i busybox.tar")
        try course.run("docker rmi busybox@$(docker images --digests busybox | awk 'NR==2 {print $3}')")
        try course.run("docker images -q")
        #expect(course.bench.names("blobs/sha256") == [])
        try expectGolden(course.transcript, "Tests/CommandTests/Golden/course.txt")
        #expect(course.bench.problems == [])
    }
}

/// A lesson: a folder with `busybox.tar` in it, and what was typed and seen so far.
private struct Course {
    let bench: Workbench
    private(set) var transcript = ""
    /// The digests in the order in which they were seen: they differ from machine to machine.
    private var digests: [String] = []

    init() throws {
        bench = try Workbench()
        let image = try Self.busybox()
        _ = try bench.file("busybox.tar", try image.dockerArchive().tar)
    }

    /// An image of this machine's busybox, or of a stand-in, made two weeks and a day ago.
    private static func busybox() throws -> ImageBuilder {
        let program = FileManager.default.contents(atPath: "/bin/busybox").map { [UInt8]($0) } ?? Array("busybox".utf8)
        let image = ImageBuilder([BuiltLayer([.directory("bin"), .file("bin/busybox", program)])], named: "busybox:latest")
        let created = Timestamp(seconds: Int64(Date().timeIntervalSince1970) - 15 * 86_400)
        var config = ImageConfig(
            platform: image.platform, rootfs: RootFS(diffIDs: image.layers.map(\.diffID)), created: created.description)
        var container = ContainerConfig()
        container.cmd = ["sh"]
        config.config = container
        let bytes = try encodeDocument(config)
        return image.with { $0.configOverride = bytes }
    }

    /// Types a line; what it prints goes to the transcript, and it must succeed unless another status is expected.
    mutating func run(_ line: String, status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try bench.shell(
            "cd \"$1\" && docker() { \"$STRATA\" \"$@\"; } && \(line) 2>&1", bench.folder.path)
        #expect(outcome.status == status, "\(line): \(outcome.output)", sourceLocation: sourceLocation)
        transcript += "$ \(line)\n" + normalized(outcome.output)
    }

    /// Bytes that the store's blobs take on the disk, folders included.
    func blobBytes() throws -> String {
        try bench.shell("du -s --block-size=1 \"$STRATA_STORE/blobs\"").output
    }

    /// The text with digests as numbers and sizes as such.
    private mutating func normalized(_ text: String) -> String {
        var text = text
        for match in text.matches(of: /(sha256:[0-9a-f]{64}|\b[0-9a-f]{12}\b)/) {
            let hex = String(match.output.1.split(separator: ":").last ?? "")
            if !digests.contains(where: { $0.hasPrefix(hex) || hex.hasPrefix($0) }) { digests.append(hex) }
        }
        for (number, digest) in digests.enumerated() {
            let short = String(digest.prefix(12))
            // As wide as a short ID, so that tables stay straight.
            let name = "<digest-" + String(1001 + number).dropFirst() + ">"
            text = text.split(separator: short, omittingEmptySubsequences: false).enumerated().map { place, part in
                place == 0 ? String(part) : name + part.drop(while: \.isHexDigit)
            }.joined()
        }
        text.replace(#/ [0-9.]+[kMG]?B$/#.anchorsMatchLineEndings(), with: " <bytes>")
        return text
    }
}
