/// What containers are called.
package enum ContainerName {
    /// Whether docker would take it: a letter or digit, then letters, digits, `_`, `.` and `-`.
    package static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isLetterOrDigit, text.utf8.count > 1 else { return false }
        return text.utf8.allSatisfy { $0.isLetterOrDigit || "_.-".utf8.contains($0) }
    }

    /// A name of two words that is not taken.
    package static func generated(_ isFree: (String) -> Bool) -> String {
        while true {
            let name = "\(adjectives.randomElement() ?? "quiet")_\(rocks.randomElement() ?? "basalt")"
            if isFree(name) { return name }
            let numbered = name + String(Int.random(in: 0..<1000))
            if isFree(numbered) { return numbered }
        }
    }

    private static let adjectives = [
        "amber", "banded", "brisk", "calm", "clear", "coarse", "crisp", "deep", "dense", "eager", "early", "fine", "folded",
        "gentle", "glassy", "grand", "green", "grey", "hollow", "keen", "late", "layered", "light", "loyal", "mellow", "mild",
        "mossy", "noble", "old", "pale", "patient", "plain", "polished", "quick", "quiet", "rough", "sandy", "silent", "smooth",
        "solid", "steady", "sunny", "tidal", "upper", "veined", "warm", "wide", "worn",
    ]
    private static let rocks = [
        "agate", "andesite", "basalt", "breccia", "chalk", "chert", "clay", "coal", "dacite", "diorite", "dolomite", "dunite",
        "felsite", "flint", "gabbro", "gneiss", "granite", "gypsum", "jasper", "limestone", "loess", "marble", "marl",
        "mudstone", "obsidian", "onyx", "opal", "peat", "phyllite", "pumice", "quartz", "rhyolite", "sandstone", "schist",
        "scoria", "shale", "siltstone", "slate", "soapstone", "tuff",
    ]
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}
