import OCISpec

/// Where a long report goes piece by piece: in memory is one piece of some 64 kB, however long the report is.
///
/// Used by one thread. The error of whoever takes the pieces is thrown on.
package final class ReportStream {
    private static let pieceBytes = 1 << 16

    private var piece: [UInt8] = []
    private let take: ([UInt8]) throws -> Void

    /// A stream whose pieces `take` gets, in order; each ends with a whole line, where the report has lines.
    package init(_ take: @escaping ([UInt8]) throws -> Void) { self.take = take }

    /// Adds texts that together are whole lines.
    package func write(_ texts: String...) throws {
        for text in texts { piece.append(contentsOf: text.utf8) }
        if piece.count >= Self.pieceBytes { try finish() }
    }

    /// The same as bytes.
    package func write(_ bytes: [UInt8]) throws {
        piece.append(contentsOf: bytes)
        if piece.count >= Self.pieceBytes { try finish() }
    }

    /// Hands over what is left; the stream can be used on.
    package func finish() throws {
        guard !piece.isEmpty else { return }
        try take(piece)
        piece.removeAll(keepingCapacity: true)
    }
}

extension ReportStream {
    /// Writes a document whose `lists` are long: it is the text that `JSONReport.text` gives of the whole, and each element is made
    /// when its turn comes.
    func write(document kind: String, _ fields: JSONFields, lists: [ExactText: JSONList]) throws {
        var whole = fields
        whole["kind"] = .string(kind)
        whole["schemaVersion"] = .integer(JSONReport.schemaVersion)
        try JSONText.write(whole, lists: lists) { try write($0) }
    }
}
