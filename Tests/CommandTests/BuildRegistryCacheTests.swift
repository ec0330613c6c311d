import Foundation
import TestSupport
import Testing

/// A build cache that is kept in a registry.
struct BuildRegistryCacheTests: BuildScene {
    private static let nobody = "127.0.0.1:1/cache:1"
    private static let files = ["Dockerfile": "FROM scratch\nCOPY a /a\nCOPY b /b\nWORKDIR /w\n", "a": "1", "b": "1"]

    private func cachedCount(_ outcome: Program.Outcome) -> Int { outcome.errors.components(separatedBy: "CACHED").count - 1 }

    @Test(.needs("docker-registry")) func itTravelsAndOnlyWhatIsTakenIsFetched() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/app/cache:1"
        let first = try bench(Self.files)
        let written = try build(first, "-t", "app", "--cache-to", "type=registry,ref=\(name),mode=max,image-manifest=true")
        #expect(written.status == 0, "\(written.errors)")
        let second = try bench(Self.files)
        let built = try build(second, "-t", "app", "--cache-from", name)
        #expect(built.status == 0 && cachedCount(built) == 3, "\(built.errors)")
        #expect(try second.succeed("images", "-q", "--no-trunc") == first.succeed("images", "-q", "--no-trunc"))
        #expect(second.problems == [] && second.ingestNames == [])
        #expect(try second.succeed("fsck").hasSuffix("no damage\n"))
        // The step that came first is taken; the layers of those after it are not asked for.
        var changed = Self.files
        changed["b"] = "2"
        let third = try bench(changed)
        let seen = registry.requests.count
        let partly = try build(third, "-t", "app", "--cache-from", "type=registry,ref=\(name)")
        #expect(partly.status == 0 && cachedCount(partly) == 1, "\(partly.errors)")
        let blobs = Set(
            registry.requests.dropFirst(seen).filter { $0.method == "GET" && $0.path.contains("/blobs/") }.map(\.path))
        #expect(blobs.count == 2, "the list of steps and one layer: \(blobs)")
    }

    @Test(.needs("docker-registry")) func aRegistryWithoutACacheIsNoFailure() throws {
        let registry = try DockerRegistry()
        let bench = try bench(Self.files)
        let absent = try build(bench, "-t", "app", "--cache-from", "\(registry.name)/none:1")
        #expect(absent.status == 0 && absent.errors.contains("no build cache is at \(registry.name)/none:1"), "\(absent.errors)")
        // An image is no cache.
        try bench.succeed("tag", "app", "\(registry.name)/app:1")
        try bench.succeed("push", "\(registry.name)/app:1")
        let image = try build(bench, "--cache-from", "type=registry,ref=\(registry.name)/app:1")
        #expect(image.status == 0 && image.errors.contains("no build cache is at \(registry.name)/app:1"), "\(image.errors)")
    }

    @Test func aRegistryOutOfReachCostsTimeAlone() throws {
        let bench = try bench(Self.files)
        let read = try build(bench, "-t", "app", "--cache-from", Self.nobody)
        #expect(read.status == 0 && read.errors.contains("the build cache at \(Self.nobody) is not used"), "\(read.errors)")
        let optional = try build(bench, "-t", "app:2", "--cache-to", "type=registry,ref=\(Self.nobody),ignore-error=true")
        #expect(optional.status == 0 && optional.errors.contains("the build cache was not written"), "\(optional.errors)")
        let needed = try build(bench, "-t", "app:3", "--cache-to", Self.nobody)
        #expect(
            needed.status == 3 && needed.errors.contains("strata: ") && needed.errors.contains("127.0.0.1:1"), "\(needed.errors)")
        #expect(try !bench.imageNames().contains { $0.contains("app:3") })
    }

    @Test(arguments: [
        "type=registry", "type=registry,src=x", "type=local,ref=x", "type=gha", "type=inline", "type=registry,ref=x,mode=most",
        "type=registry,ref=UPPER//", "type=local,dest=x,image-manifest=true", "type=registry,ref=x,oci-mediatypes=false",
        "type=registry,ref=x,ignore-error=perhaps",
    ])
    func anotherCacheIsRefused(_ text: String) throws {
        let bench = try bench(Self.files)
        for option in ["--cache-from", "--cache-to"] {
            let outcome = try build(bench, option, text)
            #expect(outcome.status == 2, "\(option) \(text): \(outcome.errors)")
        }
    }
}
