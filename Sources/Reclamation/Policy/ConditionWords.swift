import ImageStorage
import OCISpec

extension ImageFilter {
    /// Why the filter does not mean an entry of an image; nil where it does.
    func firstUnmet(_ entry: NamedImage, of image: ImageSummary, _ context: Context) -> String? {
        conditions.first { !ImageFilter([$0]).matches(entry, of: image, context) }?.unmetWords(image, context)
    }
}

extension ImageFilter.Condition {
    /// Why it does not hold for an image.
    fileprivate func unmetWords(_ image: ImageSummary, _ context: ImageFilter.Context) -> String {
        func moment(_ moment: Timestamp?, _ what: String, _ verb: String) -> String {
            moment?.isKnown(now: context.now) == true ? "it was \(verb) too recently" : "when it was \(what) is not known"
        }
        switch self {
        case .dangling(let values):
            return values.contains(true) ? "it has a name" : "it has no name"
        case .until:
            return moment(image.isPartlyUnknown ? nil : image.created(now: context.now), "created", "created")
        case .imported: return moment(image.imported, "imported", "imported")
        case .used: return moment(image.used, "last used", "used")
        case .label, .notLabel: return image.isWhollyKnown ? "its labels do not match" : "its labels are not known"
        case .size: return context.uniqueBytes[image.digest] == nil ? "its size is not known" : "it is too small"
        case .reference: return "its name does not match"
        case .before, .since: return "when it was created"
        }
    }

    /// What it asks about, for a rule that removes.
    fileprivate var words: String {
        switch self {
        case .dangling(let values): values.contains(true) ? "no name" : "has a name"
        case .until, .before, .since: "creation time"
        case .imported: "import time"
        case .used: "last use"
        case .label, .notLabel: "labels"
        case .size: "size"
        case .reference: "name"
        }
    }
}

extension [ImageFilter.Condition] {
    /// What all of them ask about, for a rule that removes.
    var words: String {
        var told: [String] = []
        for condition in self where !told.contains(condition.words) { told.append(condition.words) }
        return told.isEmpty ? "nothing protects it" : "matched by \(told.joined(separator: ", "))"
    }
}
