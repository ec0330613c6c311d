package import OCISpec
package import Operations

/// `push`: docker's last line.
package struct PushReport: Sendable {
    private let name: String
    private let tag: String
    private let digest: Digest
    private let manifestBytes: Int64
    private let sentBytes: Int64

    /// A report of a push.
    package init(_ push: ImagePush) {
        name = push.reference.full
        tag = push.reference.tag ?? Reference.defaultTag
        digest = push.root.digest
        manifestBytes = push.root.size
        sentBytes = push.sentBytes
    }

    /// Tag, digest and the manifest's bytes.
    package var text: String { "\(tag): digest: \(digest) size: \(manifestBytes)\n" }

    /// The full name alone.
    package var shortText: String { "\(name)\n" }

    /// The same as a document.
    package func json() -> JSONValue {
        .object([
            "kind": .string("image-push"), "schemaVersion": .integer(1), "name": .string(name),
            "digest": .string(digest.description), "manifestBytes": .integer(manifestBytes), "sentBytes": .integer(sentBytes),
        ])
    }

    /// The pushes of several tags as one document.
    package static func json(of pushes: [JSONValue]) -> JSONValue {
        .object(["kind": .string("image-pushes"), "schemaVersion": .integer(1), "images": .array(pushes)])
    }
}
