// https://www.rfc-editor.org/rfc/rfc8259

import FoundationEssentials

/// Decodes a JSON document after one pass over its bytes has found its size and its nesting within limits, and no name twice in
/// one object.
///
/// With `passesOddEntries` an index may list what is no descriptor, see `OddEntry`.
package func decodeDocument<T: Decodable>(
    _ type: T.Type, from bytes: [UInt8], limits: DocumentLimits = .default, passesOddEntries: Bool = false
) throws(DocumentError) -> T {
    try checkDocument(bytes, limits: limits)
    let decoder = JSONDecoder()
    if let key = UnknownValueBudget.key { decoder.userInfo[key] = UnknownValueBudget(limits.maxUnknownValues) }
    if passesOddEntries, let key = OddEntry.passesAll { decoder.userInfo[key] = true }
    do {
        return try decoder.decode(type, from: Data(bytes))
    } catch {
        throw .malformed(detail: detail(of: error))
    }
}

/// Encodes a document with sorted keys, so that equal values give equal bytes.
package func encodeDocument(_ value: some Encodable) throws(DocumentError) -> [UInt8] {
    if let value = value as? any JSONRepresented { return JSONText(value.json, .compact).bytes }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return Array(try encoder.encode(value))
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
