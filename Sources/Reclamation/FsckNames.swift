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

    /// The earlier entries of names that a later one has.
    private static func duplicates(_ entries: [Descriptor]) -> [CheckFinding] {
        var holders: [EntryName: Digest] = [:]
        var findings: [CheckFinding] = []
        for entry in entries.reversed() {
            guard let name = entry.entryName else { continue }
            guard let holder = holders[name] else {
                holders[name] = entry.digest
                continue
            }
            findings.append(
                CheckFinding(
                    .duplicateName, "index.json", entry.digest, claimedBy: "index.json",
                    expected: .text("\(name.text) on one entry, \(holder)"), actual: .text("\(name.text) on \(entry.digest) too"))
            )
        }
        return findings
    }

    /// Resolves duplicates as readers do: the later entry keeps the name, the earlier one stays without it; one that then
    /// says nothing that another entry does not goes.
    static func resolve(_ index: inout ImageIndex) {
        var taken: Set<EntryName> = []
        var kept: [Descriptor] = []
        for entry in index.manifests.reversed() {
            guard let name = entry.entryName, !taken.insert(name).inserted else {
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
        index.manifests = kept.reversed()
    }

    private static func isName(_ text: String) -> Bool {
        do throws(ReferenceError) {
            _ = try Reference(normalizing: text)
            return true
        } catch {
            return false
        }
    }
}
