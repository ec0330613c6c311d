import Foundation
import OCISpec

/// Bytes that can be sent, again from any place if need be.
protocol UploadSource: Sendable {
    var length: Int64 { get }
    /// Reads from `offset` on; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int
}

/// One request to a registry, or to the servers that it sends its clients to.
struct RegistryRequest: Sendable {
    enum Target: Sendable {
        /// Below the registry's own address.
        case path(String)
        /// Anywhere; without the registry's authorization where that is elsewhere.
        case url(WebAddress)
    }

    enum Body: Sendable {
        case bytes([UInt8])
        /// A source's bytes from `offset` on.
        case source(any UploadSource, offset: Int64)
    }

    enum Authorization: Sendable {
        case none
        /// This very header.
        case fixed(String)
        /// What the registry asks for, for these scopes.
        case registry([String])
    }

    /// How the body of an answer is taken.
    enum Reading: Sendable {
        /// All of it belongs to the request, up to so many bytes: where it is cut, the request is tried again.
        case document(limit: Int)
        /// The same for a part of a blob; where the server gives none, the body is not read.
        case part(bytes: Int)
        /// The caller reads it as it comes, and asks for the rest himself.
        case stream
    }

    var method: HTTPVerb
    var target: Target
    var headers: [(String, String)] = []
    var body: Body?
    var authorization: Authorization
    /// Whether the body holds a secret, so that it goes to no other origin, whatever a server says.
    var isSecret = false
    /// Whether it asks for a token: what comes back may hold secrets, so that only the specification's errors are shown of it.
    var isForToken = false
    /// What else of it must not be shown.
    var secrets: [String] = []
    var reading = Reading.document(limit: DocumentLimits.default.maxBytes)
    /// What may end it before its time.
    var halt: Halt?
    /// Whether a compressed answer may be decompressed: documents, never blobs.
    var isDecoding = true
    /// Whether the answer may take as long as a registry needs to hash what was sent.
    var isSlow = false
    /// Whether this module tries again; the caller does for what it must begin anew.
    var isRetried = true

    /// A scope as token servers know it: `repository:NAME:pull,push`.
    static func scope(_ repository: String, _ actions: String) -> String { "repository:\(repository):\(actions)" }
}
