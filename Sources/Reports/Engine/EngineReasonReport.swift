import EngineStores
package import OCISpec
package import Operations
import Reclamation

/// `why` of a path below an engine's root.
package struct EngineReasonReport: Sendable {
    private let reason: EngineReason
    /// How many keepers text shows.
    private static let shownKeepers = 20

    /// A report of `reason`.
    package init(_ reason: EngineReason) { self.reason = reason }

    private var path: String { reason.path.isEmpty ? reason.root : "\(reason.root)/\(reason.path)" }

    /// What the path is for, and who needs it.
    package func text(_ style: TextStyle, now: Timestamp) -> String {
        let size = reason.diskBytes.map { ", \(ByteText.text($0)) with all that goes with it" } ?? ""
        var text = PathText.printable("\(path): \(reason.diskClass.words) of \(reason.kind.title)\(size)") + "\n"
        if let leak = reason.leak {
            let age = AgeText.text(Timestamp(seconds: leak.changedSeconds), now: now)
            guard reason.kind != .registry else {
                let next =
                    leak.reason == .blobWithoutManifest ? "`registry garbage-collect CONFIG` removes it" : "nothing removes it"
                return text + "  nothing needs it (\(leak.reason.words)); \(next); it changed last \(age)\n"
            }
            return text
                + "  nothing needs it (\(leak.reason.words)), and \(reason.kind.removerOfLeaks) it; it changed last \(age)\n"
        }
        if let upload = reason.upload { text += "  \(RegistryUsageReport.words(upload, now))\n" }
        guard !reason.keepers.isEmpty else { return text }
        text += style.paint("needed by", .heading) + "\n"
        for keeper in reason.keepers.prefix(Self.shownKeepers) { text += "  " + PathText.printable(words(keeper)) + "\n" }
        if reason.keepers.count > Self.shownKeepers { text += "  and \(reason.keepers.count - Self.shownKeepers) more\n" }
        return text
    }

    private func words(_ keeper: EngineReason.Keeper) -> String {
        switch keeper {
        case .image(let id, let names, let namespace):
            // A registry's names say their repository; what has none is called by it.
            guard reason.kind != .registry else {
                return "image \(names.isEmpty ? namespace ?? "" : names.joined(separator: ", ")) (\(id))"
            }
            let place = namespace.map { " of namespace \($0)" } ?? ""
            return "image \(names.isEmpty ? "<none>" : names.joined(separator: ", ")) (\(id))\(place)"
        case .container(let id, let name): return "container \(name.isEmpty ? id : "\(name) (\(id.prefix(12)))")"
        case .buildRecord(let id, let description): return "build cache \(id)\(description.isEmpty ? "" : ", \(description)")"
        case .buildCache: return "the build cache"
        case .volume(let name): return "volume \(name)"
        }
    }

    /// The document that scripts read.
    package func json() -> JSONValue {
        let subject: JSONFields = [
            "type": .string(reason.leak == nil ? reason.diskClass.rawValue : "leaked"), "path": .string(path),
            "engine": .string(reason.kind.rawValue), "root": .string(reason.root), "diskBytes": .optional(reason.diskBytes),
            "changed": .optional(reason.leak.map { Timestamp(seconds: $0.changedSeconds).description }),
            "reason": .optional(reason.leak?.reason.rawValue), "keptBy": .array(reason.keepers.map(Self.json)),
        ]
        return JSONReport.document("reasons", ["subjects": .array([.object(subject)])])
    }

    private static func json(_ keeper: EngineReason.Keeper) -> JSONValue {
        switch keeper {
        case .image(let id, let names, let namespace):
            .object([
                "link": .string("image"), "id": .string(id), "name": .optional(names.first),
                "names": .array(names.map(JSONValue.string)), "namespace": .optional(namespace),
            ])
        case .container(let id, let name):
            .object(["link": .string("container"), "id": .string(id), "name": .string(name)])
        case .buildRecord(let id, let description):
            .object(["link": .string("cacheRecord"), "id": .string(id), "name": .string(description)])
        case .buildCache: .object(["link": .string("buildCache")])
        case .volume(let name): .object(["link": .string("volume"), "name": .string(name)])
        }
    }
}

extension DiskClass {
    /// What bytes of the class are, in a sentence.
    fileprivate var words: String {
        switch self {
        case .imageLayers: "an image layer"
        case .imageBlobs: "a blob of an image"
        case .imageMetadata: "image metadata"
        case .containerLayers: "a container's"
        case .containerLogs: "a container's log"
        case .volumes: "a volume"
        case .buildCache: "build cache"
        case .engineOwn: "the engine's own"
        case .temporary: "temporary"
        case .leaked: "leaked"
        case .unexplained: "unexplained"
        }
    }
}
