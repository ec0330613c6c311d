import Foundation
import TestSupport
import Testing

/// What people do with an engine, as words for its own client.
extension EngineHost {
    private static let limits = ["--ulimit", "nofile=20000:20000", "--ulimit", "nproc=20000:20000"]

    /// Starts a container that stays.
    func starting(_ container: String, of image: String) -> [String] {
        switch kind {
        case .docker: ["run", "-d", "--network", "none", "--name", container, image, "/bin/sleep", "1000"]
        case .podman: ["run", "-d", "--network", "none"] + Self.limits + ["--name", container, image, "/bin/sleep", "1000"]
        case .containerd: ["run", "-d", "--null-io", image, container, "/bin/sleep", "1000"]
        }
    }

    /// Starts a container that ends at once and is gone then.
    private func trying(_ image: String) -> [String] {
        switch kind {
        case .docker: ["run", "--rm", "--network", "none", image, "/bin/true"]
        case .podman: ["run", "--rm", "--network", "none"] + Self.limits + [image, "/bin/true"]
        case .containerd: ["run", "--rm", "--null-io", image, "try-\(UUID().uuidString.prefix(8))", "/bin/true"]
        }
    }

    /// Gives an image a name, which may be another's.
    func tagging(_ image: String, _ name: String) -> [String] {
        kind == .containerd ? ["images", "tag", "--force", image, name] : ["tag", image, name]
    }

    /// Removes a name, and with its last one the image.
    func removing(_ name: String) -> [String] {
        kind == .containerd ? ["images", "rm", "--sync", name] : ["rmi", name]
    }

    /// Loads an image, from an archive that is written here.
    func loading(_ image: ImageBuilder, as file: String) throws -> [String] {
        let path = "\(folder)/\(file).tar"
        try Data(try image.dockerArchive().tar).write(to: URL(fileURLWithPath: path))
        return kind == .containerd ? ["images", "import", path] : ["load", "-q", "-i", path]
    }

    /// Builds by these steps, each of which may copy the files `a` and `b`.
    func building(_ dockerfile: String, _ name: String, as context: String) throws -> [String] {
        let context = "\(folder)/\(context)"
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        for (file, text) in [("Dockerfile", dockerfile), ("a", context), ("b", "b of " + context)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(context)/\(file)"))
        }
        return ["build", "-q", "--network", "none", "-t", name, context]
    }

    /// Runs the engine's own client; what it wrote.
    @discardableResult
    func client(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Outcome {
        let outcome = try start(arguments, environment: environment).wait()
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return outcome
    }

    /// Whether a container of an image starts and ends well.
    func starts(_ image: String) throws -> Bool { try start(trying(image)).wait().status == 0 }

    /// Whether a container still runs, so that something can be run in it.
    func runs(_ container: String) throws -> Bool {
        let words = kind == .containerd ? ["tasks", "exec", "--exec-id", "look"] : ["exec"]
        return try start(words + [container, "/bin/true"]).wait().status == 0
    }

    /// Ends and removes a container that may run.
    func discard(_ container: String) throws {
        switch kind {
        case .docker: try client(["rm", "-f", container])
        case .podman: try client(["rm", "-f", "-t", "0", container])
        case .containerd:
            _ = try start(["tasks", "rm", "-f", container]).wait()
            try client(["containers", "rm", container])
        }
    }

    /// Makes sure that the engine's own lists can be had, and that each image that it shows is whole and can be started.
    func requireSound(_ label: String) throws {
        let lists: [[String]] =
            kind == .containerd
            ? [["images", "ls"], ["content", "ls"], ["snapshots", "ls"], ["containers", "ls"], ["tasks", "ls"]]
            : [["images", "-a"], ["system", "df"], ["ps", "-a"]]
        for list in lists { try client(list) }
        for image in Set(try client(["images"] + (kind == .containerd ? ["ls", "-q"] : ["-a", "-q", "--no-trunc"])).lines) {
            switch kind {
            case .docker: try client(["image", "inspect", image])
            case .podman: try client(["image", "inspect", image])
            case .containerd:
                let checked = try client(["images", "check", "name==\(image)"]).output
                #expect(checked.contains("complete") && !checked.contains("incomplete"), "\(label): \(checked)")
            }
            #expect(try starts(image), "\(label): \(image) does not start")
        }
    }
}
