import Foundation
import OCISpec
import TestSupport
import Testing

/// A store that has an image, and an empty registry that may misbehave.
struct PushScene {
    let bench: Workbench
    let image: ImageBuilder
    let registry: ScriptedRegistry

    var name: String { "\(registry.name)/a/b:1" }

    /// A layer for each number of bytes, which do not compress.
    init(layerBytes: [Int] = [400_000, 50], _ script: @escaping ScriptedRegistry.Script = { _ in nil }) throws {
        bench = try Workbench()
        registry = try ScriptedRegistry(script: script)
        let layers = try layerBytes.enumerated().map { number, size in
            let tar = Tar([.file("f\(number)", size: size, seed: UInt64(number + 1))]).bytes
            return BuiltLayer(
                tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        }
        image = ImageBuilder(layers, named: "\(registry.name)/a/b:1")
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// Pushes with these options; a push that is not done after `timeLimit` seconds is an error.
    func push(
        _ options: String..., environment: [String: String] = [:], timeLimit: Double = 60
    ) throws -> Program.Outcome {
        try bench.program.run(["push", "-q", name] + options, environment: environment, timeLimit: timeLimit)
    }

    /// Pushes with patience enough to hang for good where something is waited for that does not come, and with few tries, and
    /// expects the registry to have all of it.
    func expectPushed(_ options: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try bench.program.run(["push", "-q", name, "--timeout", "3600"] + options, timeLimit: 60)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        expectWhole(sourceLocation: sourceLocation)
    }

    /// Expects the registry to have every blob, and the manifest under its tag.
    func expectWhole(sourceLocation: SourceLocation = #_sourceLocation) {
        let content = registry.content
        let manifest = try? image.manifest()
        #expect(content.documents["1"]?.bytes == manifest, sourceLocation: sourceLocation)
        for layer in image.layers {
            let isThere = content.blobs[layer.descriptor.digest.description] == layer.blob
            #expect(isThere, "\(layer.descriptor.digest)", sourceLocation: sourceLocation)
        }
        #expect(bench.problems == [], sourceLocation: sourceLocation)
    }

    /// Writes a file of credentials: a user and a password for the registry; returns its path.
    func authFile(user: String, secret: String) throws -> String {
        let auth = Data("\(user):\(secret)".utf8).base64EncodedString()
        return try bench.file("auth.json", Data(#"{"auths":{"\#(registry.name)":{"auth":"\#(auth)"}}}"#.utf8))
    }
}
