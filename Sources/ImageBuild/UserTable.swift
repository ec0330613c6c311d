// https://man7.org/linux/man-pages/man5/passwd.5.html

import LayerArchive
import OCISpec
import StorageIO
import TextValues

/// The users and groups that an image knows: its `/etc/passwd` and `/etc/group`.
package struct UserTable {
    struct User {
        var name: String
        var uid: UInt32
        var gid: UInt32
        var home: String
    }

    /// Whom a step runs as, or whose files it makes.
    package struct Identity: Hashable, Sendable {
        /// The user, by number of the image.
        package var uid: UInt32
        /// The primary group, by number of the image.
        package var gid: UInt32
        /// The groups that the user is in, the primary one among them: without it a file that its group may not read could be read through a
        /// program that takes another group (CVE-2022-36109).
        package var groups: [UInt32] = []
        /// An absolute path in the image, which need not be there.
        package var home = "/"
    }

    /// The number that needs no table: the text itself, or root's, of which an image without `/etc/passwd` has a user and a group all the same.
    private static func number(_ text: String) -> UInt32? { text.isExactly("root") ? 0 : UInt32(text) }

    private var users: [User] = []
    private var groups: [(name: String, gid: UInt32, members: [String])] = []

    /// The table of what the files hold; lines that mean nothing are passed over.
    init(passwd: [UInt8], group: [UInt8]) {
        for fields in Self.records(passwd) where fields.count >= 6 {
            guard let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { continue }
            users.append(User(name: fields[0], uid: uid, gid: gid, home: fields[5]))
        }
        for fields in Self.records(group) where fields.count >= 3 {
            guard let gid = UInt32(fields[2]) else { continue }
            groups.append((fields[0], gid, fields.count > 3 ? Self.parts(fields[3].utf8, ",") : []))
        }
    }

    private static func records(_ bytes: [UInt8]) -> [[String]] {
        bytes.split(separator: UInt8(ascii: "\n")).map { parts($0, ":") }
    }

    /// The parts between separators, which are bytes: with an accent behind it one is no `Character` of its own.
    private static func parts(_ text: some Collection<UInt8>, _ separator: Unicode.Scalar, atMost count: Int = .max) -> [String] {
        text.split(separator: UInt8(ascii: separator), maxSplits: count - 1, omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
    }

    /// Whether `text` needs no table: numbers alone.
    static func isNumeric(_ text: String) -> Bool {
        parts(text.utf8, ":").allSatisfy { UInt32($0) != nil }
    }

    /// The user that `USER` names: `name`, `uid`, either with `:group`.
    func identity(_ text: String) throws(BuildError) -> Identity {
        if text.isEmpty { return identity(of: 0) }
        let parts = Self.parts(text.utf8, ":", atMost: 2)
        var identity: Identity
        if let user = users.first(where: { $0.name.isExactly(parts[0]) }) {
            identity = self.identity(of: user)
        } else if let uid = Self.number(parts[0]) {
            identity = self.identity(of: uid)
        } else {
            throw .noSuchUser(parts[0])
        }
        if parts.count == 2 {
            identity.gid = try gid(parts[1])
            identity.groups = [identity.gid]
        }
        return identity
    }

    /// Whom `text` names by the tables of a tree, whose files `read` gives; also in the groups `more`, by name or number.
    package static func identity(
        _ text: String, adding more: [String] = [], read: (String) throws -> [UInt8]
    ) throws -> Identity {
        let table = UserTable(passwd: try read("etc/passwd"), group: try read("etc/group"))
        var identity = try table.identity(text)
        for group in more {
            let gid = try table.gid(group)
            if !identity.groups.contains(gid) { identity.groups.append(gid) }
        }
        return identity
    }

    /// The owner that `--chown` names; without a group the user's number stands for that as well.
    func owner(_ text: String) throws(BuildError) -> Identity {
        let parts = Self.parts(text.utf8, ":", atMost: 2)
        if parts.count == 2 { return Identity(uid: try identity(parts[0]).uid, gid: try gid(parts[1])) }
        if let uid = UInt32(parts[0]) { return Identity(uid: uid, gid: uid) }
        let identity = try identity(parts[0])
        return Identity(uid: identity.uid, gid: identity.gid)
    }

    private func identity(of uid: UInt32) -> Identity {
        if let user = users.first(where: { $0.uid == uid }) { return identity(of: user) }
        return Identity(uid: uid, gid: 0, groups: [0], home: uid == 0 ? "/root" : "/")
    }

    private func identity(of user: User) -> Identity {
        let more = groups.filter { $0.members.contains { $0.isExactly(user.name) } }.map(\.gid)
        return Identity(
            uid: user.uid, gid: user.gid, groups: [user.gid] + more.filter { $0 != user.gid },
            home: user.home.isEmpty ? "/" : user.home)
    }

    private func gid(_ text: String) throws(BuildError) -> UInt32 {
        if let group = groups.first(where: { $0.name.isExactly(text) }) { return group.gid }
        guard let gid = Self.number(text) else { throw .noSuchGroup(text) }
        return gid
    }
}

extension UserTable {
    private static let limitBytes: Int64 = 16 << 20

    /// The table of an image's tree.
    init(_ tree: any StageTree) throws {
        var found: [[UInt8]] = []
        for name in ["etc/passwd", "etc/group"] {
            let path = try PathWalk.resolve(Array(name.utf8), onto: tree)
            guard let file = try tree.file(at: path), file.kind == .file, file.size <= Self.limitBytes else {
                found.append([])
                continue
            }
            found.append(try tree.contents(of: [path]).open(path).readAll(size: Int(file.size)))
        }
        self.init(passwd: found[0], group: found[1])
    }
}

extension SourceContent {
    /// The first `size` bytes, or all there are where it has fewer.
    package func readAll(size: Int) throws -> [UInt8] {
        guard let file else { return [] }
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset + Int64(done))
            }
            if count == 0 { break }
            done += count
        }
        return Array(bytes[..<done])
    }
}
