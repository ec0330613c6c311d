import ContentStorage
import Foundation
import OCISpec
import Operations
import StorageIO
import SystemPackage
import TextValues

/// Mounts as `--volume`, `--mount` and `--tmpfs` write them.
extension ContainerSettings.Mount {
    /// `SOURCE:TARGET[:OPTIONS]`, where a folder that is not there is made, as with docker; `NAME:TARGET[:OPTIONS]`, a volume with
    /// a name; or `TARGET`, a volume of the container's own.
    init(volume text: String) throws {
        let option = MountOption("--volume", text)
        let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard (1...3).contains(parts.count), let target = parts.count == 1 ? parts.first : parts[1] else {
            throw option.refused(expected: "SOURCE:TARGET[:OPTIONS]")
        }
        try option.check(target: target)
        if parts.count == 1 {
            self.init(.volume, source: "", target: target)
            return
        }
        let words = try MountWords(parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : [], of: option)
        guard parts[0].utf8.first == UInt8(ascii: "/") || parts[0].hasPrefix(".") else {
            self.init(
                .volume, source: StoredVolumes.source(try NamedVolumes.name(parts[0])), target: target,
                isReadOnly: words.isReadOnly,
                options: words.options + (words.isEmpty ? [ContainerFolder.emptyVolumeOption] : []))
            return
        }
        let source = try AbsolutePath.cleaned(parts[0])
        if !FileManager.default.fileExists(atPath: source) {
            _ = try Directory.make(FilePath(source))
        }
        self.init(.bind, source: source, target: target, isReadOnly: words.isReadOnly, options: words.options)
    }

    /// `type=bind,source=PATH,target=PATH[,…]`, `type=tmpfs,target=PATH[,…]` or `type=volume,target=PATH[,…]`.
    init(mount text: String) throws {
        let option = MountOption("--mount", text)
        guard let all = NameValue.fields(text) else { throw option.refused(expected: "NAME=VALUE,…") }
        var fields = MountFields(option)
        for field in all { try fields.add(field) }
        guard let target = fields.values["target"] else {
            throw option.refused(expected: "type=bind,source=PATH,target=PATH or type=tmpfs,target=PATH")
        }
        try option.check(target: target)
        // As with docker, a volume is what is meant where nothing else is.
        switch fields.values["type"] ?? "volume" {
        case "bind":
            try fields.allow(["source", "bind-propagation", "bind-nonrecursive", "consistency"], with: "bind")
            guard let source = fields.values["source"], !source.isEmpty else {
                throw option.refused(expected: "a source=PATH with type=bind")
            }
            let place = try AbsolutePath.cleaned(source)
            guard FileManager.default.fileExists(atPath: place) else { throw ContainerError.noSuchMountSource(source) }
            let words = try MountWords(
                ["bind-propagation", "consistency"].compactMap { fields.values[$0] }, of: option,
                kinds: [.propagation, .consistency])
            let isFlat = try fields.flag("bind-nonrecursive")
            self.init(
                .bind, source: place, target: target, isReadOnly: try fields.flag("readonly"),
                options: words.options + (isFlat ? [Self.flatOption] : []))
        case "tmpfs":
            try fields.allow(["tmpfs-size", "tmpfs-mode"], with: "tmpfs")
            let words = [("size", "tmpfs-size"), ("mode", "tmpfs-mode")].compactMap { name, key in
                fields.values[key].map { "\(name)=\($0)" }
            }
            let options = try TmpfsOptions(words, of: option)
            self.init(.tmpfs, source: "", target: target, isReadOnly: try fields.flag("readonly"), options: options.words)
        case "volume":
            try fields.allow(["source", "volume-nocopy", "consistency"], with: "volume")
            let name = try fields.values["source"].flatMap { $0.isEmpty ? nil : try NamedVolumes.name($0) }
            _ = try MountWords(fields.values["consistency"].map { [$0] } ?? [], of: option, kinds: [.consistency])
            self.init(
                .volume, source: name.map(StoredVolumes.source) ?? "", target: target, isReadOnly: try fields.flag("readonly"),
                options: try fields.flag("volume-nocopy") ? [ContainerFolder.emptyVolumeOption] : [])
        case let type: throw option.refused(expected: "type=bind, tmpfs or volume, and knows no \(type)")
        }
    }

    /// `TARGET[:OPTIONS]`, in memory.
    init(tmpfs text: String) throws {
        let option = MountOption("--tmpfs", text)
        let parts = text.unicodeScalars.split(separator: ":", maxSplits: 1).map { String($0) }
        guard let target = parts.first else { throw option.refused(expected: "an absolute path") }
        try option.check(target: target)
        let words = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        self.init(.tmpfs, source: "", target: target, options: try TmpfsOptions(words, of: option).words)
    }
}

/// The fields of a `--mount`, each under its first name.
private struct MountFields {
    private let option: MountOption
    private(set) var values: [String: String] = [:]
    private static let otherNames = ["src": "source", "dst": "target", "destination": "target", "ro": "readonly"]
    private static let names: Set = [
        "type", "source", "target", "readonly", "consistency", "bind-propagation", "bind-nonrecursive", "tmpfs-size",
        "tmpfs-mode", "volume-nocopy",
    ]
    private static let flags: Set = ["readonly", "bind-nonrecursive", "volume-nocopy"]

    init(_ option: MountOption) { self.option = option }

    mutating func add(_ field: NameValue) throws {
        let name = Self.otherNames[field.name] ?? field.name
        guard Self.names.contains(name) else { throw option.refused(expected: "known fields, and knows no \(field.name)") }
        guard values[name] == nil else { throw option.refused(expected: "one \(name)") }
        guard let value = field.value ?? (Self.flags.contains(name) ? "true" : nil) else {
            throw option.refused(expected: "a value of \(name)")
        }
        values[name] = value
    }

    /// A yes or no; no where nothing is said.
    func flag(_ name: String) throws -> Bool {
        guard let word = values[name] else { return false }
        guard let flag = YesOrNo.value(word) else { throw option.refused(expected: "\(name)=true or false") }
        return flag
    }

    /// Refuses fields that mean nothing for mounts of this type.
    func allow(_ names: Set<String>, with type: String) throws {
        let odd = values.keys.sorted().first { !names.union(["type", "target", "readonly"]).contains($0) }
        if let odd { throw option.refused(expected: "no \(odd) with type=\(type)") }
    }
}
