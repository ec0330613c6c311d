package import EngineStores
package import ImageStorage
package import OCISpec
import Reclamation

/// One name of an engine's image, or one image without a name.
package struct ListedEngineImage: Sendable {
    /// The image with all its names.
    package let image: EngineImage
    /// Without its tag, as the engine writes it; nil for none.
    package let repository: String?
    /// Nil for `<none>`.
    package let tag: String?
    /// What it takes.
    package let figures: EngineReach.Figures
}

extension EngineUsage {
    /// The names and images that a filter means, the newest first.
    package func listed(_ filter: ImageFilter, now: Timestamp) throws(EngineError) -> [ListedEngineImage] {
        let context = try context(for: filter, now: now)
        var rows: [ListedEngineImage] = []
        for row in images {
            let summary = row.image.summary(of: look.kind)
            for entry in row.image.listedEntries(of: summary) where filter.matches(entry, of: summary, context) {
                let columns = entry.name?.columns
                rows.append(
                    ListedEngineImage(
                        image: row.image, repository: look.kind == .registry ? row.image.namespace : columns?.repository,
                        tag: look.kind == .registry ? entry.name.map { row.image.tag(of: $0) } : columns?.tag,
                        figures: row.figures))
            }
        }
        return rows.map { row in
            let created = row.image.created?.known(now: now)
            return (ListingPlace(created: created, repository: row.repository, tag: row.tag, id: row.image.id.hex), row)
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// What conditions compare with; an image that `before` or `since` names and that is not here is an error.
    package func context(for filter: ImageFilter, now: Timestamp) throws(EngineError) -> ImageFilter.Context {
        var context = ImageFilter.Context(
            now: now, uniqueBytes: Dictionary(images.map { ($0.image.mark, $0.figures.uniqueBytes) }, uniquingKeysWith: max))
        context.created = try look.created(filter.namedImages, now: now)
        return context
    }
}

extension EngineLook {
    /// When images that conditions name were made, as far as that is known; one that is not here is an error.
    func created(_ names: some Sequence<String>, now: Timestamp) throws(EngineError) -> [String: Timestamp] {
        var created: [String: Timestamp] = [:]
        for name in names {
            let found = inventory.images.first { $0.isMeant(by: name) }
            guard let found else { throw .noSuchImage(name, kind, root: root) }
            created[name] = found.created?.known(now: now)
        }
        return created
    }
}

extension EngineImage {
    /// The names of which a listing has a line each: tags, or without one the first name by a digest.
    fileprivate func listedEntries(of summary: ImageSummary) -> [NamedImage] {
        guard !isOfRegistry, summary.isNameless, let alias = summary.aliases.first else { return summary.entries }
        return [NamedImage(name: alias, descriptor: summary.entries[0].descriptor)]
    }

    /// The tag of a name in a registry's repository, which no tag has a colon in.
    fileprivate func tag(of name: EntryName) -> String {
        String(name.familiar.dropFirst((namespace ?? "").utf8.count + 1))
    }
}
