// https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys

import ImageStorage
import OCISpec

/// The names in `index.json`: which are none, and which two entries bear.
enum NameCheck {
    static func findings(_ entries: [Descriptor]) -> [CheckFinding] {
        entries.flatMap(badNames) + duplicates(entries)
    }

    private static func badNames(_ entry: Descriptor) -> [CheckFinding] {
        var texts: [String] = []
        if let name = entry.annotations?[EntryName.imageNameKey], !isName(name) { texts.append(name) }
        // A text without these is a tag or a label, as other tools use it.
        if let name = entry.annotations?[EntryName.refNameKey], name.contains(where: { "/:@".contains($0) }), !isName(name) {
            texts.append(name)
        }
        return texts.map {
            CheckFinding(
                .badName, "index.json", entry.digest, claimedBy: "index.json", expected: .text("an image name"), actual: .text($0)
            )
        }
    }

    /// The entries of names that another one has.
    private static func duplicates(_ entries: [Descriptor]) -> [CheckFinding] {
        let named = ImageStore.names(of: entries)
        let holders = named.holders
        return named.reversed().compactMap { entry in
            guard entry.name == nil, let name = entry.descriptor.entryName, let holder = holders[name] else { return nil }
            let digest = entry.descriptor.digest
            return CheckFinding(
                .duplicateName, "index.json", digest, claimedBy: "index.json",
                expected: .text("\(name.text) on one entry, \(holder)"), actual: .text("\(name.text) on \(digest) too"))
        }
    }

    /// Resolves duplicates as readers do: one entry keeps the name, the others stay without it; one that then says nothing that
    /// another entry does not goes.
    static func resolve(_ index: inout ImageIndex) {
        var kept: [Descriptor] = []
        for named in ImageStore.names(of: index) {
            let entry = named.descriptor
            guard named.name == nil, entry.entryName != nil else {
                kept.append(entry)
                continue
            }
            var nameless = entry
            nameless.annotations?[EntryName.refNameKey] = nil
            nameless.annotations?[EntryName.imageNameKey] = nil
            if nameless.annotations?.isEmpty == true { nameless.annotations = nil }
            let isRepeated = index.manifests.contains { other in
                guard other != entry || index.manifests.count(where: { $0 == entry }) > 1 else { return false }
                return other.digest == nameless.digest && nameless.annotations == nil && nameless.platform == other.platform
            }
            if !isRepeated { kept.append(nameless) }
        }
        index.manifests = kept
    }

    private static func isName(_ text: String) -> Bool {
        Reference(ifValid: text) != nil
    }
}
