import Foundation
import OCISpec
import TestSupport
import Testing

/// An engine of a test with images by chance on it: what is done to it, it does itself.
struct EngineHost {
    enum Kind: String, CaseIterable { case docker, podman, containerd }

    let kind: Kind
    private let docker: LiveDocker?
    private let podman: LivePodman?
    private let containerd: LiveContainerd?
    let bench: EngineBench

    init(_ kind: Kind) throws {
        self.kind = kind
        docker = kind == .docker ? try LiveDocker() : nil
        podman = kind == .podman ? try LivePodman() : nil
        containerd = kind == .containerd ? try LiveContainerd() : nil
        bench = try EngineBench()
        if let podman {
            let settings = """
                [storage]
                driver = "overlay"
                runroot = "\(podman.folder)/run"
                graphroot = "\(podman.root)"
                """
            try Data(settings.utf8).write(to: URL(fileURLWithPath: podman.folder + "/storage.conf"))
        }
    }

    var folder: String { docker?.folder ?? podman?.folder ?? containerd?.folder ?? "" }
    var root: String { docker?.root ?? podman?.root ?? containerd?.root ?? "" }
    /// What `--engine` takes.
    var engine: String { "\(kind.rawValue)=\(root)" }

    /// The program, as somebody runs it whose engine this is.
    var program: Program {
        var program = bench.program
        program.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
        program.environment["DOCKER_HOST"] = "unix://\(folder)/sock"
        program.environment["CONTAINERD_ADDRESS"] = "\(folder)/sock"
        if podman != nil { program.environment["CONTAINERS_STORAGE_CONF"] = folder + "/storage.conf" }
        return program
    }

    /// Runs a command that must succeed; the document that it writes.
    func document(_ arguments: [String]) throws -> [String: Any] {
        let outcome = try program.run(arguments + ["--format", "json"])
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// Starts the engine's own client and returns while it runs.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProgram {
        if let docker { return try docker.client.start(arguments, environment) }
        if let podman { return try podman.start(arguments) }
        return try #require(containerd).client.start(arguments)
    }

    /// Ends the engine, where it is one that runs by itself.
    func stop() throws {
        try docker?.stop()
        try containerd?.stop()
    }

    /// Kills the engine wherever it is.
    func kill() throws {
        try docker?.kill()
        try containerd?.kill()
    }

    /// Starts the engine on what the last one left.
    func restart() throws {
        try docker?.restart()
        try containerd?.restart()
    }

    func load(_ images: [ImageBuilder]) throws {
        let path = folder + "/load.tar"
        try Data(try ImageBuilder.dockerArchive(images).tar).write(to: URL(fileURLWithPath: path))
        switch kind {
        case .docker: try docker?("load", "-q", "-i", path)
        case .podman: try podman?("load", "-q", "-i", path)
        case .containerd:
            try containerd?("images", "import", path)
            // The archive's own index is a blob that nothing keeps. containerd collects it at a moment of its own, and here at once.
            guard let name = images.first?.names.first else { return }
            try containerd?("images", "tag", name, "localhost/settled:1")
            try containerd?("images", "rm", "--sync", "localhost/settled:1")
        }
    }

    /// Makes a container that does not run.
    func create(_ container: String, from image: String) throws {
        switch kind {
        case .docker: try docker?("create", "--network", "none", "--name", container, image, "true")
        case .podman: try podman?("create", "--network", "none", "--name", container, image, "true")
        case .containerd: try containerd?("containers", "create", image, container)
        }
    }

    /// The same of podman's, in the network of another one.
    func create(_ container: String, from image: String, joining other: String) throws {
        try podman?("create", "--network", "container:\(other)", "--name", container, image, "true")
    }

    /// Makes a pod of podman's, held together by a container of this image.
    func makePod(_ name: String, of image: String) throws {
        try podman?("pod", "create", "--name", name, "--infra-image", image, "--infra-command", "/true")
    }

    /// The same of podman's, with another image mounted in it.
    func create(_ container: String, from image: String, mounting other: String) throws {
        try podman?(
            "create", "--network", "none", "--name", container, "--mount", "type=image,source=\(other),destination=/x", image,
            "true")
    }

    /// Runs containerd's client in a namespace.
    func ctr(_ namespace: String, _ arguments: String...) throws {
        let outcome = try #require(try containerd?.client.run(["-n", namespace] + arguments))
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }

    func untag(_ name: String) throws {
        switch kind {
        case .docker: try docker?("rmi", name)
        case .podman: try podman?("untag", name, name)
        case .containerd: try containerd?("images", "rm", name)
        }
    }

    func removeContainer(_ container: String) throws {
        switch kind {
        case .docker: try docker?("rm", container)
        case .podman: try podman?("rm", container)
        case .containerd: try containerd?("containers", "rm", container)
        }
    }

    func tag(_ image: String, _ name: String) throws {
        switch kind {
        case .docker: try docker?("tag", image, name)
        case .podman: try podman?("tag", image, name)
        case .containerd: try containerd?("images", "tag", "--force", image, name)
        }
    }

    /// Builds with Docker's classic builder, or with BuildKit.
    func build(_ dockerfile: String, _ name: String, withBuildKit: Bool = false) throws {
        let context = folder + "/context"
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: context + "/Dockerfile"))
        try docker?(
            "build", "-q", "--network", "none", "-t", name, context, environment: ["DOCKER_BUILDKIT": withBuildKit ? "1" : "0"])
    }

    /// The names with a tag that the engine itself shows.
    func names() throws -> Set<String> {
        let lines: [String]?
        switch kind {
        case .docker: lines = try docker?("images", "--format", "{{.Repository}}:{{.Tag}}")
        case .podman: lines = try podman?("images", "--format", "{{.Repository}}:{{.Tag}}")
        case .containerd: lines = try containerd?("images", "ls", "-q")
        }
        return Set((lines ?? []).filter { !$0.contains("<none>") })
    }
}

/// Images by chance that share layers and names' repositories.
struct RandomImages {
    struct Image {
        var built: ImageBuilder
        /// The places of its layers in the pool.
        var layers: [Int]
        /// The moment that its configuration says; later ones are larger.
        var created: Int
        var isKept: Bool
        var names: [String] { built.names }
        var id: Digest { get throws { sha256(try built.config()) } }
    }

    private(set) var images: [Image] = []
    static let repositories = ["a", "b", "c"]

    /// Some images, each with names unless `canBeNameless`.
    init(_ numbers: inout SeededNumbers, canBeNameless: Bool) {
        let pool = (0..<6).map { place in
            BuiltLayer([.directory("l\(place)"), .file("l\(place)/f", size: numbers.number(0...60_000), seed: UInt64(place + 1))])
        }
        for number in 0..<numbers.number(3...8) {
            let stack: [Int]
            if let below = images.isEmpty ? nil : numbers.one(of: images), numbers.chance(50) {
                let more = (0..<6).filter { !below.layers.contains($0) }
                stack = below.layers + numbers.some(of: more, percent: 30)
            } else {
                stack = [numbers.number(0...5)]
            }
            var names = RandomImages.repositories.filter { _ in numbers.chance(45) }.map { "localhost/\($0):\(number)" }
            if names.isEmpty, !canBeNameless { names = ["localhost/a:\(number)"] }
            var built = ImageBuilder(stack.map { pool[$0] })
            built.names = names
            let isKept = numbers.chance(25)
            let diffs = stack.map { "\"\(pool[$0].diffID)\"" }.joined(separator: ",")
            built.configOverride = Array(
                """
                {"architecture":"amd64","os":"linux","created":"2025-01-\(10 + number)T00:00:00Z","author":"\(number)",\
                "config":{"Labels":{"keep":"\(isKept ? "yes" : "no")"}},"rootfs":{"type":"layers","diff_ids":[\(diffs)]}}
                """.utf8)
            images.append(Image(built: built, layers: stack, created: number, isKept: isKept))
        }
    }
}
