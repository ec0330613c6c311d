// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes

import OCISpec

/// One of the errors that a registry's answer lists.
package struct RegistryFault: Hashable, Sendable {
    /// A word such as `NAME_UNKNOWN`; empty where the answer has none.
    package var code: String
    /// Text that no terminal obeys.
    package var message: String

    /// An error from its parts.
    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// What the body of an error says, in the specification's form or, unless `isStrict`, in others that servers and proxies use.
    ///
    /// `secrets` are struck out: servers quote what they were sent.
    package static func read(_ body: [UInt8], type: String, isStrict: Bool, hiding secrets: [String] = []) -> [RegistryFault] {
        let reader = FaultReader(secrets: secrets)
        do throws(DocumentError) {
            let value = try decodeDocument(JSONValue.self, from: body)
            if isStrict {
                guard case .object(let fields) = value, case .array? = fields["errors"] else { return [] }
            }
            return Array(reader.faults(in: value).prefix(5))
        } catch {
            if isStrict { return [] }
            // No JSON: text, unless it is a page for people's eyes, or bytes for nobody's.
            guard let whole = textOf(body) else { return [] }
            let text = reader.plain(whole)
            let isPage = type.lowercased().contains("html") || text.hasPrefix("<")
            if !isPage, !text.isEmpty { return [RegistryFault(code: "", message: text)] }
        }
        return []
    }

    /// The beginning of a body that is text; nil where it is none.
    private static func textOf(_ body: [UInt8]) -> String? {
        var bytes = body.prefix(4096)
        // The last character may be cut.
        if bytes.count < body.count { while let last = bytes.last, last >= 0x80 { bytes.removeLast() } }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}

/// Reads the faults of a body, without what must not be shown.
private struct FaultReader {
    let secrets: [String]

    func faults(in value: JSONValue) -> [RegistryFault] {
        switch value {
        case .string(let text): return [RegistryFault(code: "", message: plain(text))].filter { !$0.message.isEmpty }
        case .array(let entries): return entries.flatMap { faults(in: $0) }
        case .object(let fields):
            for inner in [fields["errors"], fields["error"]].compactMap(\.self) {
                if case .string = inner { continue }
                let found = faults(in: inner)
                if !found.isEmpty { return found }
            }
            let code = text(fields, ["code", "error", "status"])
            let message = text(fields, ["message", "detail", "details", "error_description", "title", "reason"])
            guard !code.isEmpty || !message.isEmpty else { return [] }
            return [RegistryFault(code: code, message: message)]
        default: return []
        }
    }

    private func text(_ fields: JSONFields, _ names: [ExactText]) -> String {
        for name in names {
            if case .string(let text)? = fields[name], !plain(text).isEmpty { return plain(text) }
        }
        return ""
    }

    /// The text on one line, cut short, without what a terminal would obey.
    func plain(_ text: String) -> String {
        var text = text
        for secret in secrets { text = text.replacing(secret, with: "***") }
        var words = ""
        for scalar in text.unicodeScalars.prefix(4096) {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator:
                if words.last != " ", !words.isEmpty { words.append(" ") }
            case .format, .surrogate, .privateUse, .unassigned: continue
            default: words.unicodeScalars.append(scalar)
            }
        }
        if words.last == " " { words.removeLast() }
        return words.count > 300 ? words.prefix(299) + "…" : words
    }
}
