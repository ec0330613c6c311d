import Foundation
import TestSupport

extension RandomStore {
    /// What people do in a day: images come, names move to other images, containers are made and removed.
    ///
    /// It works on the files as they are by then, whatever was removed meanwhile.
    func liveADay(_ day: Int) throws {
        var entries = try listedEntries()
        if random.chance(40) { entries.append(try named(makeTodaysImage(day))) }
        if random.chance(30), let image = entries.randomElement(using: &random) { entries = try moveName(to: image, in: entries) }
        if random.chance(20), let image = entries.randomElement(using: &random) {
            // The image comes once more, under another name.
            entries.append(try named(image))
        }
        try setEntries(entries)
        if random.chance(20) { try changeContainers(day, entries) }
    }

    private func listedEntries() throws -> [Fields] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file("index.json")))
        let index = try JSONSerialization.jsonObject(with: bytes) as? Fields
        return index?["manifests"] as? [Fields] ?? []
    }

    private static let nameKey = "org.opencontainers.image.ref.name"

    private func named(_ entry: Fields) throws -> Fields {
        var copy = entry
        let repository = random.one(of: ["example.com/a:", "example.com/b:", "r.io/prod/a:", "v"])
        copy["annotations"] = random.chance(85) ? [Self.nameKey: "\(repository)\(random.number(0...9))"] : nil
        copy["platform"] = nil
        return copy
    }

    /// An image of a layer of its own, and of some that the store has.
    private func makeTodaysImage(_ day: Int) throws -> Fields {
        let own = (descriptor: try blob(noise(10...9000), Self.layerType), diffID: unknownDigest())
        let present = Set(blobNames.map { "sha256:\($0)" })
        let stack =
            [own] + random.some(of: layers, percent: 30).filter { present.contains($0.descriptor["digest"] as? String ?? "") }
        let config: Fields = [
            "architecture": "amd64", "os": "linux", "rootfs": ["type": "layers", "diff_ids": stack.map(\.diffID)],
            "author": "day \(day)",
        ]
        return try document(
            [
                "schemaVersion": 2, "config": try document(config, Self.configType), "layers": stack.map(\.descriptor),
            ], Self.manifestType)
    }

    /// As a tag does it: the entry that had the name is without one then.
    private func moveName(to image: Fields, in entries: [Fields]) throws -> [Fields] {
        func name(_ entry: Fields) -> String? { (entry["annotations"] as? [String: String])?[Self.nameKey] }
        guard let moved = entries.compactMap(name).randomElement(using: &random) else { return entries }
        var left: [Fields] = entries.map { entry in
            var copy = entry
            if name(entry) == moved {
                var notes = entry["annotations"] as? [String: String] ?? [:]
                notes[Self.nameKey] = nil
                copy["annotations"] = notes.isEmpty ? nil : notes
            }
            return copy
        }
        var copy = image
        copy["annotations"] = [Self.nameKey: moved]
        left.append(copy)
        return left
    }

    private func changeContainers(_ day: Int, _ entries: [Fields]) throws {
        let folders = ((try? FileManager.default.contentsOfDirectory(atPath: file("containers"))) ?? []).sorted()
        if let name = folders.randomElement(using: &random), name.hasPrefix("c"), random.chance(50) {
            try FileManager.default.removeItem(atPath: file("containers/\(name)"))
        }
        guard var image = entries.randomElement(using: &random) else { return }
        image["annotations"] = nil
        let record: Fields = ["id": "day\(day)", "name": "box", "image": image]
        try write("containers/day\(day)/config.json", try JSONSerialization.data(withJSONObject: record))
    }
}
