// https://docs.docker.com/engine/storage/bind-mounts/
// https://man7.org/linux/man-pages/man5/tmpfs.5.html

import ContentStorage
import FoundationEssentials
import OCISpec
import TextValues

/// An option that names a mount, and its value.
struct MountOption {
    private let name: String
    private let text: String

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    func refused(expected: String) -> CommandError { .badOption(name, text, expected: expected) }

    /// Refuses what cannot be a place of a mount.
    func check(target: String) throws {
        guard target.utf8.first == UInt8(ascii: "/"), !PathWalk.cleaned(target.utf8).isEmpty else {
            throw refused(expected: "an absolute path in the container, and not its root")
        }
    }
}

/// What stands behind the places of a bind mount: words of several kinds, of each one at most.
struct MountWords {
    /// What a word is about.
    enum Kind { case access, label, propagation, consistency, copy, programs, setuid, devices }

    private(set) var isReadOnly = false
    /// Whether a volume begins without what the image has.
    private(set) var isEmpty = false
    private(set) var options: [String] = []

    private static let kinds: [String: Kind] = [
        "ro": .access, "rw": .access, "z": .label, "Z": .label,
        "private": .propagation, "rprivate": .propagation, "slave": .propagation, "rslave": .propagation,
        "shared": .propagation, "rshared": .propagation,
        "cached": .consistency, "delegated": .consistency, "consistent": .consistency, "default": .consistency,
        "nocopy": .copy, "exec": .programs, "noexec": .programs, "suid": .setuid, "nosuid": .setuid, "dev": .devices,
        "nodev": .devices,
    ]

    /// The words of these kinds; an error for any other, and for two of one kind.
    init(_ words: [String], of option: MountOption, kinds allowed: Set<Kind>? = nil) throws {
        var seen: Set<Kind> = []
        for word in words {
            guard let kind = Self.kinds[word], allowed?.contains(kind) != false else {
                throw option.refused(expected: "ro, rw and other options of a mount, and knows no \(word)")
            }
            guard seen.insert(kind).inserted else { throw option.refused(expected: "no \(word) beside what stands before it") }
            switch (kind, word) {
            case (.access, _): isReadOnly = word == "ro"
            case (.label, _):
                if FileManager.default.fileExists(atPath: "/sys/fs/selinux/enforce") {
                    throw option.refused(expected: "no \(word): files are not labelled for SELinux here")
                }
            case (.propagation, "shared"), (.propagation, "rshared"):
                throw option.refused(
                    expected: "no \(word): what a container mounts never leaves it; rslave is the other direction")
            case (.propagation, "slave"), (.propagation, "rslave"), (.programs, _), (.setuid, _), (.devices, _):
                options.append(word)
            case (.copy, _): isEmpty = true
            // What a container sees of a folder is that folder, at any time.
            case (.propagation, _), (.consistency, _): break
            }
        }
    }
}

/// The options of a file system in memory.
struct TmpfsOptions {
    /// As the kernel takes them, one of each kind.
    private(set) var words: [String] = []

    /// Words that the one before takes back.
    private static let switches: [[Set<String>]] = [
        [["ro"], ["rw"]], [["exec"], ["noexec"]], [["suid"], ["nosuid"]], [["dev"], ["nodev"]], [["sync"], ["async"]],
        [["atime"], ["noatime"]], [["diratime"], ["nodiratime"]], [["relatime"], ["norelatime"]],
        [["strictatime"], ["nostrictatime"]], [["dirsync"]],
    ]
    private static let countUnits: [Character: Int64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]

    /// The options that these words mean, of two about one thing the last; an error for one that is not known.
    init(_ texts: [String], of option: MountOption) throws {
        for text in texts where text != "defaults" && !text.isEmpty {
            let field = NameValue(text)
            if let value = field.value {
                guard let value = Self.value(field.name, value) else {
                    throw option.refused(expected: "options of a tmpfs such as size=64m or mode=1770, and knows no \(text)")
                }
                words.removeAll { NameValue($0).name.isExactly(field.name) }
                words.append("\(field.name)=\(value)")
            } else {
                guard let group = Self.switches.first(where: { $0.contains { $0.contains(text) } }) else {
                    throw option.refused(expected: "options of a tmpfs such as size=64m or noexec, and knows no \(text)")
                }
                words.removeAll { word in group.contains { $0.contains(word) } }
                words.append(text)
            }
        }
    }

    /// A value for the kernel, which takes no `1.5g`; a share of the memory such as `50%` it reads itself.
    private static func value(_ name: String, _ value: String) -> String? {
        switch name {
        case "size":
            if value.hasSuffix("%"), let share = Int(value.dropLast()), share > 0 { return value }
            return ByteCountText.bytes(value, .docker).map { "\($0)" }
        case "mode": return UInt32(value, radix: 8).flatMap { $0 <= 0o7777 ? value : nil }
        case "uid", "gid": return UInt32(value).map { "\($0)" }
        case "nr_inodes", "nr_blocks":
            let unit = value.last.flatMap { countUnits[Character($0.lowercased())] }
            return Int64(unit == nil ? value[...] : value.dropLast()).flatMap { $0 >= 0 ? value : nil }
        case "mpol": return ["default", "local", "interleave", "prefer", "bind"].contains { value.hasPrefix($0) } ? value : nil
        default: return nil
        }
    }
}
