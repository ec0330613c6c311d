import Foundation
import TestSupport
import Testing

/// What tests of builds share: a context, a build of it, a base with a shell.
protocol BuildScene {}

extension BuildScene {
    /// A bench with a context of these files.
    func bench(_ files: [String: String]) throws -> Workbench {
        let bench = try Workbench()
        for (name, text) in files {
            let path = bench.folder.path("context/\(name)")
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        return bench
    }

    func build(
        _ bench: Workbench, _ arguments: String..., environment: [String: String] = [:], input: Program.Input = .nothing
    ) throws -> Program.Outcome {
        try bench.program.run(
            ["build", "--progress", "plain"] + arguments + [bench.folder.path("context")], environment: environment, input: input)
    }

    /// The paths that the layer of this number stores.
    func paths(_ bench: Workbench, _ image: String, layer: Int) throws -> [String] {
        let document = try bench.document("files", image, "--layer", "\(layer)")
        let entries = try #require(document["entries"] as? [[String: Any]])
        return entries.compactMap { ($0["path"] as? String).map { $0.hasPrefix("/") ? $0 : "/\($0)" } }.sorted()
    }

    func expectNothingMounted(_ bench: Workbench) throws {
        // The kernel takes the processes of the namespace down with its first one.
        var isGone = false
        for _ in 0..<100 where !isGone {
            isGone = try Program.shell.run(["-c", "cat /proc/*/mounts 2>/dev/null | grep -c '\(bench.store)'"]).output == "0\n"
            if !isGone { Thread.sleep(forTimeInterval: 0.05) }
        }
        #expect(isGone, "a mount is left")
    }

    func with(_ bench: Workbench, _ dockerfile: String) throws -> Workbench {
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: bench.folder.path("context/Dockerfile")))
        return bench
    }

    /// `busybox`, of this machine's.
    func makeBusybox(_ bench: Workbench) throws {
        let script = """
            set -e; mkdir -p "$1/root/bin" "$1/root/tmp"; cp /bin/busybox "$1/root/bin/"
            for name in sh cat cp echo mkdir sleep ls; do ln -s busybox "$1/root/bin/$name"; done
            tar -C "$1/root" -cf "$1/root.tar" . && $STRATA import -c 'CMD ["sh"]' "$1/root.tar" busybox
            """
        let made = try bench.shell(script, bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
    }
}
