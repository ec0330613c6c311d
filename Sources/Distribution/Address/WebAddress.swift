// https://www.rfc-editor.org/rfc/rfc3986

import CCurl

/// An absolute address of HTTP or HTTPS, character by character as it was given: signatures in it must not be written anew.
///
/// A user, a password and a fragment are cut off, since nobody is to be sent them; spaces and bytes beyond ASCII, which no
/// address may have, are escaped.
package struct WebAddress: Hashable, Sendable {
    /// What is sent.
    package let text: String
    /// Whose it is.
    package let origin: Origin

    /// What is wrong with an address.
    package struct Fault: Error, Hashable, Sendable {
        var detail: String
    }

    /// Reads an absolute address.
    package init(_ text: String) throws(Fault) {
        self = try Self.read(text, relativeTo: nil)
    }

    /// The address that a server at this one means by `location`, which may be relative.
    package func resolving(_ location: String) throws(Fault) -> WebAddress {
        try Self.read(location, relativeTo: text)
    }

    /// The address with one more item in its query, which must be escaped as queries are.
    func adding(query item: String) throws(Fault) -> WebAddress {
        try WebAddress(text + (text.contains("?") ? "&" : "?") + item)
    }

    private static func read(_ text: String, relativeTo base: String?) throws(Fault) -> WebAddress {
        // What the library is handed as a C string would end there.
        guard !text.utf8.contains(0) else { throw Fault(detail: "it has a zero byte") }
        guard strata_curl_load() == 0, let handle = strata_url() else { throw Fault(detail: "libcurl cannot be used") }
        defer { strata_url_cleanup(handle) }
        if let base { try check(strata_url_set(handle, CURLUPART_URL, base, UInt32(CURLU_PATH_AS_IS))) }
        let flags = UInt32(CURLU_PATH_AS_IS | CURLU_URLENCODE | CURLU_ALLOW_SPACE)
        try check(strata_url_set(handle, CURLUPART_URL, text, flags))
        for part in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_FRAGMENT] {
            try check(strata_url_set(handle, part, nil, 0))
        }
        let scheme = try get(handle, CURLUPART_SCHEME).lowercased()
        guard scheme == "http" || scheme == "https" else { throw Fault(detail: "it is not an address of http or https") }
        guard let port = Int(try get(handle, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))), (1...65535).contains(port) else {
            throw Fault(detail: "its port is not a number from 1 to 65535")
        }
        let origin = Origin(scheme: scheme, host: try get(handle, CURLUPART_HOST).lowercased(), port: port)
        return WebAddress(text: try get(handle, CURLUPART_URL), origin: origin)
    }

    private init(text: String, origin: Origin) {
        self.text = text
        self.origin = origin
    }

    private static func get(_ handle: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) throws(Fault) -> String {
        var text: UnsafeMutablePointer<CChar>?
        try check(strata_url_get(handle, part, &text, flags))
        defer { strata_free(text) }
        return text.map { String(cString: $0) } ?? ""
    }

    private static func check(_ code: CURLUcode) throws(Fault) {
        if code == CURLUE_BAD_PORT_NUMBER { throw Fault(detail: "its port is not a number from 1 to 65535") }
        guard code == CURLUE_OK else { throw Fault(detail: String(cString: strata_url_problem(code))) }
    }
}
