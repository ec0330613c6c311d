import ContentStorage
import Foundation
import OCISpec
import Operations
import StorageIO
import SystemPackage
import TextValues

/// Mounts as `--volume`, `--mount` and `--tmpfs` write them.
extension ContainerSettings.Mount {
    /// `SOURCE:TARGET[:ro]`; a folder that is not there is made, as with docker.
    init(volume text: String) throws {
        let parts = text.unicodeScalars.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard (2...3).contains(parts.count), parts[1].utf8.first == UInt8(ascii: "/") else {
            throw CommandError.badOption("--volume", text, expected: "SOURCE:TARGET[:ro], TARGET an absolute path")
        }
        let flags = parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : []
        // The words for SELinux and for propagation change nothing here.
        let known: Set = ["ro", "rw", "z", "Z", "nocopy", "private", "rprivate"]
        if let odd = flags.first(where: { !known.contains($0) }) {
            throw CommandError.badOption("--volume", text, expected: "SOURCE:TARGET with ro or rw behind it, and knows no \(odd)")
        }
        guard parts[0].utf8.first == UInt8(ascii: "/") || parts[0].hasPrefix(".") else {
            throw CommandError.badOption(
                "--volume", text, expected: "a directory of this machine, such as ./\(parts[0]): named volumes are not supported")
        }
        let source = try AbsolutePath.cleaned(parts[0])
        if !FileManager.default.fileExists(atPath: source) {
            _ = try Directory.make(FilePath(source))
        }
        self.init(.bind, source: source, target: parts[1], isReadOnly: flags.contains("ro"))
    }

    /// `type=bind,source=PATH,target=PATH[,readonly]` or `type=tmpfs,target=PATH`.
    init(mount text: String) throws {
        let expected = "type=bind,source=PATH,target=PATH[,readonly] or type=tmpfs,target=PATH"
        guard let all = NameValue.fields(text) else { throw CommandError.badOption("--mount", text, expected: expected) }
        let fields = Dictionary(all.map { ($0.name, $0.value ?? "true") }) { _, last in last }
        guard let target = fields["target"] ?? fields["dst"] ?? fields["destination"], target.utf8.first == UInt8(ascii: "/")
        else {
            throw CommandError.badOption("--mount", text, expected: expected)
        }
        let known: Set = [
            "type", "target", "dst", "destination", "source", "src", "readonly", "ro", "bind-propagation", "tmpfs-size",
            "tmpfs-mode", "consistency",
        ]
        if fields.keys.contains(where: { !known.contains($0) }) {
            throw CommandError.badOption("--mount", text, expected: expected)
        }
        var isReadOnly = false
        if let value = fields["readonly"] ?? fields["ro"] {
            guard let flag = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw CommandError.badOption("--mount", text, expected: expected)
            }
            isReadOnly = flag
        }
        switch fields["type"] {
        case "bind"?:
            guard let source = fields["source"] ?? fields["src"] else {
                throw CommandError.badOption("--mount", text, expected: expected)
            }
            let place = try AbsolutePath.cleaned(source)
            guard FileManager.default.fileExists(atPath: place) else { throw ContainerError.noSuchMountSource(source) }
            self.init(.bind, source: place, target: target, isReadOnly: isReadOnly)
        case "tmpfs"?:
            let options = try fields["tmpfs-size"].map { size in
                guard let bytes = ByteCountText.bytes(size, .docker) else {
                    throw CommandError.badOption("--mount", text, expected: "a tmpfs-size in bytes such as 64m or 1.5g")
                }
                return ["size=\(bytes)"]
            }
            let mode = fields["tmpfs-mode"].map { ["mode=\($0)"] } ?? []
            self.init(
                .tmpfs, source: "", target: target, isReadOnly: isReadOnly, options: (options ?? []) + mode)
        default: throw CommandError.badOption("--mount", text, expected: expected)
        }
    }

    /// `TARGET[:OPTIONS]`, in memory.
    init(tmpfs text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard let target = parts.first, target.utf8.first == UInt8(ascii: "/") else {
            throw CommandError.badOption("--tmpfs", text, expected: "an absolute path")
        }
        let options = parts.count == 2 ? parts[1].split(separator: ",").map { NameValue($0) } : []
        self.init(.tmpfs, source: "", target: target, options: options.map(Self.tmpfsOption))
    }

    /// An option for the kernel, which takes no `1.5g`; a share of the memory such as `50%` it reads itself.
    private static func tmpfsOption(_ option: NameValue) -> String {
        guard let value = option.value else { return option.name }
        let bytes = option.name.isExactly("size") ? ByteCountText.bytes(value, .docker) : nil
        return "\(option.name)=\(bytes.map { "\($0)" } ?? value)"
    }
}
