import ContentStorage
import EngineStores
package import OCISpec
import StorageIO

extension EnginePlan: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case engine, victims, kept
    }

    private enum EngineKeys: String, CodingKey {
        case engine, root, driver, id, version, running
    }

    /// Whether a document of a plan is about an engine, and not about the store.
    package struct Subject: Decodable {
        /// Whether it names an engine.
        package let isEngine: Bool

        private enum CodingKeys: String, CodingKey { case engine }

        /// Looks for the one key that tells.
        package init(from decoder: any Decoder) throws {
            isEngine = try decoder.container(keyedBy: CodingKeys.self).contains(.engine)
        }
    }

    /// Decodes a plan; one whose victims do not sum to its totals, or that claims bytes below 0, is refused.
    package init(from decoder: any Decoder) throws {
        let document = try PlanDocument(from: decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = document.id
        let engine = try fields.nestedContainer(keyedBy: EngineKeys.self, forKey: .engine)
        guard let kind = EngineKind(rawValue: try engine.decode(String.self, forKey: .engine)) else {
            throw DecodingError.dataCorruptedError(forKey: .engine, in: engine, debugDescription: "not an engine that is known")
        }
        self.engine = Engine(
            kind, root: try engine.decode(String.self, forKey: .root), driver: try engine.decode(String.self, forKey: .driver),
            id: try engine.decodeIfPresent(String.self, forKey: .id),
            version: try engine.decodeIfPresent(String.self, forKey: .version),
            isRunning: try engine.decodeIfPresent(Bool.self, forKey: .running))
        victims = try fields.decode([Victim].self, forKey: .victims)
        kept = try fields.decode([ReclamationPlan.Kept].self, forKey: .kept)
        guard victims.allSatisfy({ ($0.type == .leak) == isOfLeaks }) else {
            throw DecodingError.dataCorruptedError(forKey: .victims, in: fields, debugDescription: "leaks beside other victims")
        }
        try document.requireTotals(of: victims.map(\.freesBytes))
    }

    /// The plan with its totals.
    package var json: JSONValue {
        PlanDocument.json(
            id, victims: victims.map(\.json), freesBytes: freesBytes, kept: kept,
            // An engine has no state that one word would tell; each victim has what it must be like.
            and: ["generation": .string(""), "engine": engine.json])
    }
}

extension EnginePlan.Engine {
    /// The engine, of which a part that is not known is null.
    fileprivate var json: JSONValue {
        .object([
            "engine": .string(kind.rawValue), "root": .string(root), "driver": .string(driver),
            "id": id.map(JSONValue.string) ?? .null, "version": version.map(JSONValue.string) ?? .null,
            "running": isRunning.map(JSONValue.bool) ?? .null,
        ])
    }
}

extension EnginePlan.Victim: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case type, name, reason, freesBytes, releases, imageID, containerID, namespace, names, lastUsed, lastUsedBy,
            buildCacheHoldsBytes
    }

    /// Decodes a victim; a name must be one of its image's.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        type = try fields.decode(EnginePlan.VictimType.self, forKey: .type)
        name = try fields.decode(String.self, forKey: .name)
        reason = try fields.decode(String.self, forKey: .reason)
        freesBytes = try fields.decode(Int64.self, forKey: .freesBytes)
        switch type {
        case .image, .name: imageID = try fields.decode(Digest.self, forKey: .imageID)
        case .cache, .container, .leak: imageID = try fields.decodeIfPresent(Digest.self, forKey: .imageID)
        }
        containerID = try fields.decodeIfPresent(String.self, forKey: .containerID).flatMap(PathPart.init)
        namespace = try fields.decodeIfPresent(String.self, forKey: .namespace)
        names = try fields.decode([String].self, forKey: .names)
        buildCacheHoldsBytes = try fields.decodeIfPresent(Int64.self, forKey: .buildCacheHoldsBytes) ?? 0
        if let evidence = try fields.decodeIfPresent(EngineImage.Use.Evidence.self, forKey: .lastUsedBy),
            let used = try fields.decodeIfPresent(String.self, forKey: .lastUsed).flatMap(Timestamp.init(parsing:))
        {
            lastUse = EngineImage.Use(seconds: used.seconds, evidence: evidence)
        } else {
            lastUse = nil
        }
        guard type != .name || names.contains(name) else {
            throw DecodingError.dataCorruptedError(forKey: .names, in: fields, debugDescription: "without the name that is to go")
        }
        guard type != .container || containerID != nil else {
            throw DecodingError.dataCorruptedError(
                forKey: .containerID, in: fields, debugDescription: "not the ID of a container")
        }
    }

    /// The victim.
    package var json: JSONValue {
        let used = lastUse.map { Timestamp(seconds: $0.seconds).description }
        return .fields([
            "type": .string(type.rawValue), "name": .string(name), "reason": .string(reason), "freesBytes": .integer(freesBytes),
            "releases": .array([]), "imageID": imageID.map { .string($0.description) },
            "containerID": containerID.map { .string($0.text) },
            "namespace": namespace.map(JSONValue.string),
            "names": .array(names.map(JSONValue.string)), "lastUsed": used.map(JSONValue.string) ?? .null,
            "lastUsedBy": lastUse.map { .string($0.evidence.rawValue) } ?? .null,
            "buildCacheHoldsBytes": .integer(buildCacheHoldsBytes),
        ])
    }
}
