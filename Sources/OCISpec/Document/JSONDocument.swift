// https://www.rfc-editor.org/rfc/rfc8259

/// Decodes a JSON document whose size and nesting are within limits, and which has no name twice in one object.
///
/// What stands in strings is read as leniently as Go's tools read it: see `JSONTree`. With `passesOddEntries` an index may list what is no descriptor, see `OddEntry`.
package func decodeDocument<T: Decodable>(
    _ type: T.Type, from bytes: [UInt8], limits: DocumentLimits = .default, passesOddEntries: Bool = false
) throws(DocumentError) -> T {
    guard bytes.count <= limits.maxBytes else { throw .tooLarge(bytes: bytes.count, limit: limits.maxBytes) }
    var userInfo: [CodingUserInfoKey: Any] = [:]
    if let key = UnknownValueBudget.key { userInfo[key] = UnknownValueBudget(limits.maxUnknownValues) }
    if passesOddEntries, let key = OddEntry.passesAll { userInfo[key] = true }
    let outcome = bytes.withUnsafeBufferPointer { text -> Result<T, DocumentError> in
        do throws(DocumentError) {
            let tree = try JSONTree(text, maxDepth: limits.maxDepth)
            return decoded(type, DocumentDecoder(tree: tree, node: 0, userInfo: userInfo))
        } catch {
            return .failure(error)
        }
    }
    return try outcome.get()
}

private func decoded<T: Decodable>(_ type: T.Type, _ decoder: DocumentDecoder) -> Result<T, DocumentError> {
    do {
        return .success(try decoder.value(type))
    } catch let error as DocumentError {
        return .failure(error)
    } catch {
        return .failure(.malformed(detail: detail(of: error)))
    }
}

/// Encodes a document with sorted keys, so that equal values give equal bytes.
package func encodeDocument(_ value: some Encodable) throws(DocumentError) -> [UInt8] {
    if let value = value as? any JSONRepresented { return JSONText(value.json, .compact).bytes }
    let encoder = DocumentEncoder()
    do {
        try value.encode(to: encoder)
        return JSONText(encoder.json, .compact).bytes
    } catch {
        throw .malformed(detail: detail(of: error))
    }
}

/// Refuses a document that is too large or too deep, or in which an object has two values of one name, in one pass.
package func checkDocument(_ bytes: [UInt8], limits: DocumentLimits = .default) throws(DocumentError) {
    guard bytes.count <= limits.maxBytes else { throw .tooLarge(bytes: bytes.count, limit: limits.maxBytes) }
    try bytes.withUnsafeBufferPointer { text throws(DocumentError) in
        var scan = DocumentScan(text, maxDepth: limits.maxDepth)
        try scan.run()
    }
}

/// The field at fault and what is wrong with it, cut short where the document itself is quoted at length.
private func detail(of error: any Error) -> String {
    let longest = 300
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
        DecodingError.dataCorrupted(let context):
        return String("\(fieldPath(context.codingPath))\(context.debugDescription)".prefix(longest))
    case DecodingError.keyNotFound(let key, let context):
        return String("\(fieldPath(context.codingPath + [key]))missing".prefix(longest))
    default:
        return String("\(error)".prefix(longest))
    }
}

/// A path such as `layers[0].digest: `; empty at the top of the document.
private func fieldPath(_ keys: [any CodingKey]) -> String {
    guard !keys.isEmpty else { return "" }
    var path = ""
    for key in keys {
        if let index = key.intValue {
            path += "[\(index)]"
        } else {
            path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
        }
    }
    return path + ": "
}
