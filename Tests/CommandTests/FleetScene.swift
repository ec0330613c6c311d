import Foundation
import OCISpec
import TestSupport
import Testing

/// Repositories of a scripted registry that are listed, and whose layers are read; a script may have some answers otherwise.
struct FleetScene {
    let bench: Workbench
    let registry: ScriptedRegistry

    init(_ images: [ImageBuilder] = [], _ script: @escaping ScriptedRegistry.Script = { _ in nil }) throws {
        bench = try Workbench()
        var content = ScriptedRegistry.Content()
        for (number, image) in images.enumerated() { try content.add(image, tag: "\(number + 1)") }
        registry = try ScriptedRegistry(content, script: script)
    }

    /// An image of one small layer.
    static func image(_ number: Int) -> ImageBuilder {
        ImageBuilder([BuiltLayer([.file("f\(number)", size: 100 + number, seed: UInt64(number))])], named: "x/y:\(number)")
    }

    var host: String { "docker://\(registry.name)" }

    /// A page of a catalog, or of tags.
    static func page(_ key: String, _ names: [String], next: String? = nil) -> ScriptedReply {
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let reply = ScriptedReply.status(200, ("Content-Type", "application/json"), body: "{\"\(key)\":[\(list)]}")
        guard let next else { return reply }
        return reply.with { $0.headers.append((name: "Link", value: "<\(next)>; rel=\"next\"")) }
    }

    /// A script for a registry whose only repository is `a/b`, with these tags.
    static func catalog(
        _ tags: [String] = ["1"], _ rest: @escaping ScriptedRegistry.Script = { _ in nil }
    ) -> ScriptedRegistry.Script {
        { request in
            if let reply = rest(request) { return reply }
            switch request.path {
            case "/v2/_catalog": return page("repositories", ["a/b"])
            case "/v2/a/b/tags/list": return page("tags", tags)
            default: return nil
            }
        }
    }

    /// What a listing of the registry gives.
    func list(_ options: String..., source: String? = nil, status: Int32 = 0) throws -> [[String: Any]] {
        let outcome = try bench.program.run(
            ["registry", "ls", source ?? host, "--timeout", "4", "--retry", "3"] + options)
        #expect(outcome.status == status, "\(outcome.errors)")
        return try Self.lines(outcome.output)
    }

    /// Lines of JSON.
    static func lines(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { try object(String($0)) }
    }

    /// What a worker answers to these lines.
    func work(_ lines: [String], _ options: String..., mode: String = "--stdin") throws -> [[String: Any]] {
        let input = try bench.file("input-\(UUID().uuidString)", Data((lines.joined(separator: "\n") + "\n").utf8))
        let outcome = try bench.program.run(
            ["layers", mode] + (mode == "--stdin" ? ["--timeout", "4", "--retry", "3"] : []) + options, input: .file(input))
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try Self.lines(outcome.output)
    }

    /// The line that asks for a layer.
    func line(_ layer: BuiltLayer, _ more: String = "", source: String? = nil) -> String {
        let source = source ?? "\(host)/a/b"
        return #"{"digest":"\#(layer.descriptor.digest)","size":\#(layer.descriptor.size),"source":"\#(source)"\#(more)}"#
    }
}

extension [[String: Any]] {
    /// The texts of a field, sorted; of lines that lack it, or have null there, none.
    func texts(_ key: String) -> [String] { compactMap { $0[key] as? String }.sorted() }
}
