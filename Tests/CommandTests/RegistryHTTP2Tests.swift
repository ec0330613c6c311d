import Foundation
import OCISpec
import TestSupport
import Testing

/// Registries behind servers that offer HTTP/2, as most public ones are.
struct RegistryHTTP2Tests {
    @Test(.needs("docker-registry", "nghttpx")) func imagesComeAndGoThroughAServerOfHTTP2() throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        let certificate = try Certificate.make(in: bench.folder.path, "server", .init())
        let front = try HTTP2Front(to: registry.port, certificate)
        let folder = try Certificate.folder(in: bench.folder, trusting: [certificate])
        let name = "\(front.name)/a/b:1"
        let image = try RegistryExchangeTests.image(.ociGzip, named: name)
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        try bench.succeed("push", name, "--cert-dir", folder)
        let pulling = try Workbench()
        try pulling.succeed("pull", name, "--cert-dir", folder)
        #expect(pulling.problems == [])
        #expect(try pulling.imageNames() == [name])
    }

    @Test(.needs("nghttpx")) func aLayerThatIsCutBehindHTTP2GoesOnWhereItStopped() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { [weak registry = scene.registry] request in
            guard let registry, PullScene.isForLayer(request, digest), request.number == 0 else { return nil }
            return registry.proper(request).with { $0.cutAfter = 200_000 }
        }
        let certificate = try Certificate.make(in: scene.bench.folder.path, "server", .init())
        let front = try HTTP2Front(to: scene.registry.port, certificate)
        let folder = try Certificate.folder(in: scene.bench.folder, trusting: [certificate])
        let outcome = try scene.bench.strata(
            "pull", "-q", "\(front.name)/a/b:1", "--cert-dir", folder, "--retry", "3", "--timeout", "10")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(scene.bench.problems == [])
    }
}
