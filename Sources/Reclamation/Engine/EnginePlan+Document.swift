import ContentStorage
import EngineStores
package import OCISpec
import StorageIO

extension EnginePlan: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case engine, victims, kept, begun
    }

    private enum EngineKeys: String, CodingKey {
        case engine, root, driver, id, version, running, address
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
        self.engine.address = try engine.decodeIfPresent(String.self, forKey: .address)
        victims = try fields.decode([Victim].self, forKey: .victims)
        kept = try fields.decode([ReclamationPlan.Kept].self, forKey: .kept)
        isBegun = try fields.decodeIfPresent(Bool.self, forKey: .begun) ?? false
        guard victims.allSatisfy({ ($0.type == .leak) == isOfLeaks }) else {
            throw DecodingError.dataCorruptedError(forKey: .victims, in: fields, debugDescription: "leaks beside other victims")
        }
        if kind == .registry { for victim in victims { try Self.requireOfRegistry(victim, fields) } }
        try document.requireTotals(of: victims.map(\.freesBytes))
    }

    /// Refuses a victim that no registry can have: its texts become parts of paths and addresses.
    private static func requireOfRegistry(
        _ victim: Victim, _ fields: KeyedDecodingContainer<CodingKeys>
    ) throws {
        let repository = victim.namespace ?? ""
        let later = victim.afterCollectionBytes ?? 0
        guard victim.type != .cache, RegistryStore.isRepository(repository), (0...victim.freesBytes).contains(later),
            victim.names.allSatisfy({ RegistryStore.tag(of: $0, in: repository) != nil })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .victims, in: fields, debugDescription: "a victim is none of a registry's")
        }
    }

    /// The plan with its totals.
    package var json: JSONValue {
        var fields = PlanDocument.fields(
            id, victimCount: victims.count, freesBytes: freesBytes, kept: kept,
            // An engine has no state that one word would tell; each victim has what it must be like.
            and: JSONFields.collecting(
                afterCollectionBytes,
                ["generation": .string(""), "engine": engine.json].merging(isBegun ? ["begun": .bool(true)] : [:]) { $1 }))
        fields[PlanDocument.victims] = .array(victims.map(\.json))
        return .object(fields)
    }
}

extension EnginePlan.Engine {
    /// The engine, of which a part that is not known is null.
    fileprivate var json: JSONValue {
        .fields([
            "engine": .string(kind.rawValue), "root": .string(root), "driver": .string(driver),
            "id": id.map(JSONValue.string) ?? .null, "version": version.map(JSONValue.string) ?? .null,
            "running": isRunning.map(JSONValue.bool) ?? .null, "address": address.map(JSONValue.string),
        ])
    }
}

extension JSONFields {
    /// The fields, and what comes back after a collection where there is something of the kind.
    fileprivate static func collecting(_ bytes: Int64?, _ fields: JSONFields) -> JSONFields {
        var fields = fields
        if let bytes { fields["afterCollectionBytes"] = .integer(bytes) }
        return fields
    }
}

extension EnginePlan.Victim: Decodable, JSONRepresented {
    private enum CodingKeys: String, CodingKey {
        case type, name, reason, freesBytes, releases, imageID, containerID, namespace, names, lastUsed, lastUsedBy,
            buildCacheHoldsBytes
        case manifests, afterCollectionBytes, pushed, changed
    }

    /// A manifest as documents have it.
    private struct Manifest: Decodable {
        let digest: Digest
        let role: EngineManifest.Role
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
        manifests = try (fields.decodeIfPresent([Manifest].self, forKey: .manifests) ?? []).map {
            EngineManifest(digest: $0.digest, role: $0.role)
        }
        afterCollectionBytes = try fields.decodeIfPresent(Int64.self, forKey: .afterCollectionBytes)
        pushed = try fields.decodeIfPresent(String.self, forKey: .pushed).flatMap(Timestamp.init(parsing:))
        changed = try fields.decodeIfPresent(String.self, forKey: .changed).flatMap(Timestamp.init(parsing:))
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
            "manifests": manifests.isEmpty
                ? nil
                : .array(
                    manifests.map { .object(["digest": .string($0.digest.description), "role": .string($0.role.rawValue)]) }),
            "afterCollectionBytes": afterCollectionBytes.map(JSONValue.integer),
            "pushed": pushed.map { .string($0.description) }, "changed": changed.map { .string($0.description) },
        ])
    }
}
