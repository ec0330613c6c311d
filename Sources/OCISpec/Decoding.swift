extension KeyedDecodingContainer {
    /// The value of a field that must be there but may be `null`, which is how Go writes an empty list.
    func decodeNullable<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard contains(key) else {
            throw DecodingError.keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: "missing"))
        }
        return try decodeIfPresent(type, forKey: key)
    }

    /// The schema version, which is 2 and which some writers leave out.
    func decodeSchemaVersion(forKey key: Key) throws -> Int {
        let version = try decodeIfPresent(Int.self, forKey: key) ?? 2
        guard version == 2 else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "schema version \(version) is not known")
        }
        return version
    }
}
