import OCISpec

/// Parts of documents that several suites need.
enum Samples {
    /// A digest of one repeated digit.
    static func digest(_ digit: Character) throws -> Digest {
        try Digest("sha256:" + String(repeating: digit, count: 64))
    }

    /// A descriptor's JSON.
    static func descriptor(_ mediaType: String, _ digit: Character, size: String = "7", more: String = "") -> String {
        let digest = "sha256:" + String(repeating: digit, count: 64)
        return #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)\#(more)}"#
    }

    /// A value decoded from JSON text.
    static func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try decodeDocument(type, from: Array(text.utf8))
    }
}
