// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
// https://www.gnu.org/software/tar/manual/html_node/Standard.html

/// One member of a tar that a test writes: a plain value, changed with `with` where a case needs something odd.
///
/// What the ustar header cannot hold (long names, negative or fractional times, big sizes, extended attributes) goes
/// into pax records or, with `dialect: .gnu`, into GNU's long-name members and base-256 numbers.
package struct TarMember: Sendable {
    /// How the header, and what does not fit it, is written.
    package enum Dialect: Sendable { case pax, gnu, v7 }

    package var name: [UInt8]
    /// The header's type byte: `0` file, `1` hard link, `2` symlink, `3` character and `4` block device, `5` directory, `6` fifo.
    package var type: UInt8
    package var mode = 0o644
    package var uid: Int64 = 0
    package var gid: Int64 = 0
    package var userName = ""
    package var groupName = ""
    package var mtimeSeconds: Int64 = 0
    package var mtimeNanoseconds: UInt32 = 0
    package var linkName: [UInt8] = []
    package var deviceMajor: Int64 = 0
    package var deviceMinor: Int64 = 0
    /// The bytes after the header, written whatever the type is.
    package var body: [UInt8] = []
    /// The size the header claims, in bytes; `body.count` when nil.
    package var claimedSize: Int64?
    /// Extra pax records, in order; a value may hold any byte.
    package var records: [(key: String, value: [UInt8])] = []
    package var dialect = Dialect.pax

    /// A member of any type and any name, bytes that no text could hold included.
    package init(name: [UInt8], type: Character = "0", body: [UInt8] = []) {
        self.name = name
        self.type = type.asciiValue ?? 0
        self.body = body
    }

    /// A copy that `change` has had its way with.
    package func with(_ change: (inout TarMember) -> Void) -> TarMember {
        var copy = self
        change(&copy)
        return copy
    }

    /// A regular file of these bytes.
    package static func file(_ path: String, _ body: [UInt8], mode: Int = 0o644) -> TarMember {
        TarMember(name: Array(path.utf8), body: body).with { $0.mode = mode }
    }

    /// A regular file of this text.
    package static func file(_ path: String, text: String, mode: Int = 0o644) -> TarMember {
        file(path, Array(text.utf8), mode: mode)
    }

    /// A regular file of `size` bytes that depend on `seed` alone.
    package static func file(_ path: String, size: Int, seed: UInt64 = 0, mode: Int = 0o644) -> TarMember {
        file(path, noise(size: size, seed: seed), mode: mode)
    }

    package static func directory(_ path: String, mode: Int = 0o755) -> TarMember {
        TarMember(name: Array(path.utf8) + [UInt8(ascii: "/")], type: "5").with { $0.mode = mode }
    }

    package static func symlink(_ path: String, to target: String) -> TarMember {
        TarMember(name: Array(path.utf8), type: "2").with {
            $0.linkName = Array(target.utf8)
            $0.mode = 0o777
        }
    }

    /// Another name for the member `target` of this tar or of a layer below.
    package static func hardLink(_ path: String, to target: String) -> TarMember {
        TarMember(name: Array(path.utf8), type: "1").with { $0.linkName = Array(target.utf8) }
    }

    /// The marker that hides `path` of the layers below.
    package static func whiteout(_ path: String) -> TarMember {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.dropLast().map { $0 + "/" }.joined()
        return file(parent + ".wh." + (parts.last ?? ""), [])
    }

    /// The marker that hides all that layers below have in the directory; `""` is the root.
    package static func opaque(_ directory: String) -> TarMember {
        file(directory.isEmpty ? ".wh..wh..opq" : directory + "/.wh..wh..opq", [])
    }

    package static func characterDevice(_ path: String, major: Int64, minor: Int64) -> TarMember {
        device(path, "3", major, minor)
    }

    package static func blockDevice(_ path: String, major: Int64, minor: Int64) -> TarMember {
        device(path, "4", major, minor)
    }

    package static func fifo(_ path: String) -> TarMember {
        TarMember(name: Array(path.utf8), type: "6")
    }

    /// A pax global header, which is no entry.
    package static func globalHeader(_ records: [(key: String, value: [UInt8])]) -> TarMember {
        TarMember(name: Array("pax_global_header".utf8), type: "g", body: Tar.pax(records))
    }

    /// A sparse file of `size` logical bytes, in pax format 1.0; `chunks` are in order and do not overlap.
    package static func sparse(_ path: String, size: Int64, chunks: [(offset: Int64, bytes: [UInt8])]) -> TarMember {
        // As GNU tar does, the map ends with an empty part at the file's end.
        var map = "\(chunks.count + 1)\n"
        for chunk in chunks + [(size, [])] { map += "\(chunk.offset)\n\(chunk.bytes.count)\n" }
        let body = Tar.padded(Array(map.utf8)) + chunks.flatMap(\.bytes)
        return TarMember(name: Array("GNUSparseFile.0/\(path)".utf8), body: body).with {
            $0.records = [
                ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                ("GNU.sparse.name", Array(path.utf8)), ("GNU.sparse.realsize", Array("\(size)".utf8)),
            ]
        }
    }

    /// The member with an extended attribute more.
    package func xattr(_ name: String, _ value: [UInt8]) -> TarMember {
        with { $0.records.append(("SCHILY.xattr." + name, value)) }
    }

    /// Bytes that look random and depend on `seed` alone (splitmix64).
    package static func noise(size: Int, seed: UInt64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var state = seed
            var at = 0
            while at < size {
                state &+= 0x9E37_79B9_7F4A_7C15
                var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
                word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
                word ^= word >> 31
                for _ in 0..<min(8, size - at) {
                    buffer[at] = UInt8(truncatingIfNeeded: word)
                    word >>= 8
                    at += 1
                }
            }
            count = size
        }
    }

    private static func device(_ path: String, _ type: Character, _ major: Int64, _ minor: Int64) -> TarMember {
        TarMember(name: Array(path.utf8), type: type).with {
            $0.deviceMajor = major
            $0.deviceMinor = minor
        }
    }
}

/// A tar written from values: `Tar([.directory("etc"), .file("etc/x", size: 10_000_000, seed: 1)]).bytes`.
package struct Tar: Sendable {
    package var members: [TarMember]
    /// What follows the last member: by default the two zero blocks that end an archive.
    package var ending: [UInt8]

    /// Two zero blocks.
    package static let endBlocks = [UInt8](repeating: 0, count: 1024)

    /// A tar of `members`; `ending: []` stops at the last member's end, `ending: Tar.endBlocks + x` adds data after it.
    package init(_ members: [TarMember], ending: [UInt8] = Tar.endBlocks) {
        self.members = members
        self.ending = ending
    }

    /// The whole tar.
    package var bytes: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(members.reduce(ending.count) { $0 + $1.body.count + 2048 })
        for member in members { Self.append(member, to: &out) }
        return out + ending
    }

    /// The offset at which each member's first header starts, and last the one at which the ending does.
    package var memberOffsets: [Int] {
        var out: [UInt8] = []
        var offsets: [Int] = []
        for member in members {
            offsets.append(out.count)
            Self.append(member, to: &out)
        }
        return offsets + [out.count]
    }

    /// pax records as an extended header's body.
    package static func pax(_ records: [(key: String, value: [UInt8])]) -> [UInt8] {
        records.flatMap { record -> [UInt8] in
            let rest = [UInt8(ascii: " ")] + Array(record.key.utf8) + [UInt8(ascii: "=")] + record.value + [UInt8(ascii: "\n")]
            var length = rest.count + 1
            while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
            return Array(String(length).utf8) + rest
        }
    }

    /// `bytes` with zeros up to a whole block of 512.
    package static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    private static func append(_ member: TarMember, to out: inout [UInt8]) {
        var head = member
        head.claimedSize = member.claimedSize ?? Int64(member.body.count)
        switch member.dialect {
        case .pax:
            let records = overflow(&head) + member.records
            if !records.isEmpty {
                let extension_ = TarMember(name: Array("PaxHeaders/x".utf8), type: "x", body: pax(records))
                append(extension_, to: &out)
            }
        case .gnu:
            for (type, text) in [("K" as Character, head.linkName), ("L", head.name)] where text.count > 100 {
                let long = TarMember(name: Array("././@LongLink".utf8), type: type, body: text + [0])
                append(long.with { $0.dialect = .gnu }, to: &out)
            }
        case .v7: break
        }
        out += header(head)
        out += padded(member.body)
    }

    /// The records for what a ustar header cannot hold, which is then taken out of `head`.
    private static func overflow(_ head: inout TarMember) -> [(key: String, value: [UInt8])] {
        var records: [(key: String, value: [UInt8])] = []
        func move(_ key: String, _ value: String) { records.append((key, Array(value.utf8))) }
        if head.name.count > 100 { records.append(("path", head.name)) }
        if head.linkName.count > 100 { records.append(("linkpath", head.linkName)) }
        if let size = head.claimedSize, size > 0o77777777777 {
            move("size", "\(size)")
            head.claimedSize = 0
        }
        if head.uid > 0o7777777 || head.uid < 0 {
            move("uid", "\(head.uid)")
            head.uid = 0
        }
        if head.gid > 0o7777777 || head.gid < 0 {
            move("gid", "\(head.gid)")
            head.gid = 0
        }
        if head.mtimeSeconds < 0 || head.mtimeNanoseconds > 0 || head.mtimeSeconds > 0o77777777777 {
            move("mtime", decimal(head.mtimeSeconds, head.mtimeNanoseconds))
            head.mtimeSeconds = 0
        }
        return records
    }

    /// A time as pax writes it: the sign is that of the whole number, so -1.5 s is seconds -2 and 500,000,000 ns.
    private static func decimal(_ seconds: Int64, _ nanoseconds: UInt32) -> String {
        guard nanoseconds > 0 else { return "\(seconds)" }
        let negative = seconds < 0
        let whole = negative ? -(seconds + 1) : seconds
        let part = negative ? 1_000_000_000 - nanoseconds : nanoseconds
        let digits = String(part)
        return (negative ? "-" : "") + "\(whole)." + String(repeating: "0", count: 9 - digits.count) + digits
    }

    private static func header(_ member: TarMember) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Sequence<UInt8>, at offset: Int, width: Int) {
            for (index, byte) in bytes.prefix(width).enumerated() { block[offset + index] = byte }
        }
        put(member.name, at: 0, width: 100)
        put(number(Int64(member.mode), 8), at: 100, width: 8)
        put(number(member.uid, 8), at: 108, width: 8)
        put(number(member.gid, 8), at: 116, width: 8)
        put(number(member.claimedSize ?? 0, 12), at: 124, width: 12)
        put(number(member.mtimeSeconds, 12), at: 136, width: 12)
        block[156] = member.type
        put(member.linkName, at: 157, width: 100)
        if member.dialect != .v7 {
            put(Array((member.dialect == .gnu ? "ustar  \0" : "ustar\u{0}00").utf8), at: 257, width: 8)
            put(member.userName.utf8, at: 265, width: 31)
            put(member.groupName.utf8, at: 297, width: 31)
            put(number(member.deviceMajor, 8), at: 329, width: 8)
            put(number(member.deviceMinor, 8), at: 337, width: 8)
        }
        for index in 148..<156 { block[index] = UInt8(ascii: " ") }
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(number(sum, 7), at: 148, width: 7)
        return block
    }

    /// Octal digits and a NUL, or base-256 for what they cannot hold.
    private static func number(_ value: Int64, _ width: Int) -> [UInt8] {
        let digits = value < 0 ? "" : String(value, radix: 8)
        if value >= 0, digits.utf8.count < width {
            return Array((String(repeating: "0", count: width - 1 - digits.utf8.count) + digits).utf8) + [0]
        }
        var out = [UInt8](repeating: value < 0 ? 0xFF : 0, count: width)
        for index in 0..<min(8, width) { out[width - 1 - index] = UInt8(truncatingIfNeeded: value >> Int64(8 * index)) }
        out[0] = value < 0 ? 0xFF : out[0] | 0x80
        return out
    }
}
