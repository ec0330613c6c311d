import Foundation
import TestSupport

/// The tar-split of a tar, made from the description of the format alone, and the contents that lie in an unpacked layer then.
struct ModelTarSplit {
    /// The lines without their ends.
    private(set) var lines: [String] = []
    /// The contents of files, by their names as written.
    private(set) var contents: [(name: [UInt8], bytes: [UInt8])] = []

    /// Text as a file holds it.
    var text: [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    /// Takes a tar apart: what stands in blocks of headers, padding and ends is raw, what regular files hold is content.
    init(_ tar: [UInt8]) {
        var raw: [UInt8] = []
        var at = 0
        var longName: [UInt8]?
        while at + 512 <= tar.count, tar[at..<at + 512].contains(where: { $0 != 0 }) {
            let header = Array(tar[at..<at + 512])
            let size = Self.number(header[124..<136])
            let body = Array(tar[at + 512..<at + 512 + size])
            let padding = (512 - size % 512) % 512
            let padded = tar[at + 512 + size..<min(tar.count, at + 512 + size + padding)]
            at += 512 + size + padding
            raw += header
            switch header[156] {
            case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
                if header[156] == UInt8(ascii: "L") { longName = Array(body.prefix { $0 != 0 }) }
                if header[156] == UInt8(ascii: "x") { longName = Self.paxPath(body) ?? longName }
                raw += body + padded
            default:
                let prefix = header[345..<500].prefix { $0 != 0 }
                let short = (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + header[0..<100].prefix { $0 != 0 }
                let name = longName ?? Array(short)
                longName = nil
                add(raw: raw)
                add(name, body)
                raw = Array(padded)
            }
        }
        add(raw: raw)
        add(raw: Array(tar[min(at, tar.count)...]))
    }

    private mutating func add(raw: [UInt8]) {
        lines.append(#"{"type":2,"payload":"\#(Data(raw).base64EncodedString())","position":\#(lines.count)}"#)
    }

    private mutating func add(_ name: [UInt8], _ body: [UInt8]) {
        let text = String(validating: name, as: UTF8.self)
        let named = text.map { #""name":\#(Self.json($0))"# } ?? #""name_raw":"\#(Data(name).base64EncodedString())""#
        var fields = #"{"type":1,\#(named)"#
        if !body.isEmpty {
            let sum = withUnsafeBytes(of: Self.checksum(body).bigEndian) { Data($0).base64EncodedString() }
            fields += #","size":\#(body.count),"payload":"\#(sum)""#
            contents.append((name, body))
        }
        lines.append(fields + #","position":\#(lines.count)}"#)
    }

    private static func json(_ text: String) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: [text])) ?? Data()
        return String(decoding: data.dropFirst().dropLast(), as: UTF8.self)
    }

    private static func number(_ field: ArraySlice<UInt8>) -> Int {
        Int(String(decoding: field.filter { (0x30...0x37).contains($0) }, as: UTF8.self), radix: 8) ?? 0
    }

    private static func paxPath(_ records: [UInt8]) -> [UInt8]? {
        var rest = records[...]
        while let blank = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<blank], as: UTF8.self))
        {
            let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
            if record.starts(with: Array("path=".utf8)) { return Array(record.dropFirst(5)) }
            rest = rest[(rest.startIndex + length)...]
        }
        return nil
    }

    /// CRC-64 of ISO 3309, bit by bit.
    static func checksum(_ bytes: [UInt8]) -> UInt64 {
        var sum = UInt64.max
        for byte in bytes {
            sum ^= UInt64(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xD800_0000_0000_0000 : sum >> 1 }
        }
        return ~sum
    }
}
