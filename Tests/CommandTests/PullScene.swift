import Foundation
import OCISpec
import TestSupport
import Testing

/// A store, an image of two layers, and a registry that has it and may misbehave.
struct PullScene {
    let bench: Workbench
    let image: ImageBuilder
    let registry: ScriptedRegistry

    /// The larger layer's digest and length.
    var layer: (digest: String, bytes: Int) {
        let layer = image.layers[0].descriptor
        return (layer.digest.description, Int(layer.size))
    }

    var name: String { "\(registry.name)/a/b:1" }

    init(
        _ script: @escaping ScriptedRegistry.Script = { _ in nil },
        _ change: (inout ScriptedRegistry.Content) throws -> Void = { _ in }
    )
        throws
    {
        bench = try Workbench()
        image = try Self.makeImage()
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        try change(&content)
        registry = try ScriptedRegistry(content, script: script)
    }

    static func makeImage() throws -> ImageBuilder {
        let layers = try [400_000, 50].enumerated().map { number, size in
            let tar = Tar([.file("f\(number)", size: size, seed: UInt64(number + 1))]).bytes
            return BuiltLayer(
                tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        }
        return ImageBuilder(layers, named: "x/y:1")
    }

    /// Whether the request is for the larger layer.
    static func isForLayer(_ request: ScriptedRegistry.Request, _ digest: String) -> Bool {
        request.method == "GET" && request.path.hasSuffix(digest)
    }

    /// Runs a pull that gives up after some seconds of silence and three tries.
    func pull(_ options: String..., environment: [String: String] = [:]) throws -> Program.Outcome {
        try bench.program.run(["pull", name, "--timeout", "4", "--retry", "3"] + options, environment: environment)
    }

    /// Pulls, and expects the image to be there whole.
    func expectPulled(
        _ options: String..., environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try bench.program.run(
            ["pull", name, "--timeout", "4", "--retry", "3"] + options, environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(try bench.imageNames() == [name], sourceLocation: sourceLocation)
        #expect(bench.problems == [], sourceLocation: sourceLocation)
    }

    /// Pulls, and expects a sentence that names `text`, and a store as it was; returns what was said.
    @discardableResult
    func expectRefused(
        naming text: String, _ options: String..., environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try bench.program.run(
            ["pull", "-q", name, "--timeout", "4", "--retry", "3"] + options, environment: environment)
        expectSentence(outcome, naming: text, sourceLocation: sourceLocation)
        #expect(try bench.imageNames() == [], sourceLocation: sourceLocation)
        #expect(bench.problems.filter { !$0.hasPrefix("left over: ingest/") } == [], sourceLocation: sourceLocation)
        return outcome.errors
    }

    /// Writes the user's file of credentials.
    func logIn(_ json: String) throws {
        let folder = bench.folder.path(".docker")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try json.write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
    }

    /// `{"auths": …}` with a user and a password for the registry.
    func logIn(user: String, secret: String) throws {
        let auth = Data("\(user):\(secret)".utf8).base64EncodedString()
        try logIn(#"{"auths": {"\#(registry.name)": {"auth": "\#(auth)"}}}"#)
    }
}
