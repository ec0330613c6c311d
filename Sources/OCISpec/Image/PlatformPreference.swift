// https://github.com/containerd/platforms/blob/v1.0.0-rc.1/compare.go
// https://github.com/containers/image/blob/v5.36.0/internal/pkg/platform/platform_matcher.go

/// What runs on a machine, best first: its own platform, then older variants of it, then what its processor also runs.
package struct PlatformPreference: Hashable, Sendable {
    /// In their plain form, without versions and features.
    private let fitting: [Platform]
    private let osVersion: String?
    private let osFeatures: Set<String>

    /// What runs on a machine of this platform.
    package init(_ machine: Platform) {
        let plain = machine.normalized
        fitting = Self.fitting(plain)
        osVersion = machine.osVersion.flatMap { $0.isEmpty ? nil : $0 }
        // Every Windows has it but the smallest, and no image of it would be found by those who do not name it.
        osFeatures = Set(machine.osFeatures ?? (plain.os == "windows" ? ["win32k"] : []))
    }

    /// How well an image for `platform` does here, 0 best; nil for one that does not run here.
    ///
    /// Features that the image demands must all be there. What says nothing of its processor comes last.
    package func rank(_ platform: Platform) -> Int? {
        guard osFeatures.isSuperset(of: platform.osFeatures ?? []) else { return nil }
        if let osVersion, osVersion != platform.osVersion { return nil }
        let plain = platform.normalized
        if plain.architecture.isEmpty { return plain.os == fitting[0].os ? fitting.count : nil }
        return fitting.firstIndex { $0.isSameMachine(plain) }
    }

    private static func fitting(_ plain: Platform) -> [Platform] {
        func platforms(_ architecture: String, _ variants: [String?]) -> [Platform] {
            variants.map { Platform(os: plain.os, architecture: architecture, variant: $0) }
        }
        switch plain.architecture {
        case "amd64": return platforms("amd64", levels(plain.variant)) + platforms("386", [nil])
        case "arm64": return platforms("arm64", releases(plain.variant)) + platforms("arm", ["v8", "v7", "v6", "v5"])
        case "arm": return platforms("arm", generations(plain.variant))
        default: return platforms(plain.architecture, [plain.variant])
        }
    }

    /// `v3`, `v2`, and the first level, which goes without saying.
    private static func levels(_ variant: String?) -> [String?] {
        guard let level = number(variant), (2...9).contains(level) else { return [variant] }
        return (2...level).reversed().map { "v\($0)" } + [nil]
    }

    /// `v7`, `v6`, `v5`.
    private static func generations(_ variant: String?) -> [String?] {
        guard let generation = number(variant), (6...9).contains(generation) else { return [variant] }
        return (5...generation).reversed().map { "v\($0)" }
    }

    /// `v8.2`, `v8.1`, and `v8`, which goes without saying; 9.x runs what 8.(x + 5) does.
    private static func releases(_ variant: String?) -> [String?] {
        guard let variant else { return [nil] }
        let parts = variant.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let major = number(String(parts[0])), let minor = parts.count == 2 ? Int(parts[1]) : 0,
            major == 8 || major == 9, (0...9).contains(minor)
        else { return [variant] }
        let eighth: [String?] = (1...max(1, major == 9 ? minor + 5 : minor)).reversed().map { "v8.\($0)" } + [nil]
        if major == 8 { return minor == 0 ? [nil] : eighth }
        return (0...minor).reversed().map { $0 == 0 ? "v9" : "v9.\($0)" } + eighth
    }

    private static func number(_ variant: String?) -> Int? {
        variant.flatMap { $0.first == "v" ? Int($0.dropFirst()) : nil }
    }
}

/// One of several images, and the machine that it is for.
package struct PlatformCandidate<Image> {
    /// The index's word where it has one, else the config's.
    package let platform: Platform
    /// Whether an index says so, and not only the image's own config.
    package let isListed: Bool
    /// What is chosen when this candidate is: whatever the caller has of an image.
    package let image: Image

    /// A candidate for the platform that an index lists, where it does, else for the one of the config.
    package init(_ image: Image, listed: Platform?, own: Platform) {
        self.image = image
        isListed = listed?.isSilent == false
        platform = listed.flatMap { $0.isSilent ? nil : $0 } ?? own
    }
}

extension PlatformPreference {
    /// The image to take of those that an index lists, whatever the index came from: the best for `wanted`, else for this machine,
    /// else the only one there is.
    ///
    /// What the index says of a platform goes before what only a config says; of several equals the first is taken.
    package static func choose<Image>(_ candidates: [PlatformCandidate<Image>], for wanted: Platform?) -> Image? {
        let preference = PlatformPreference(wanted ?? .host)
        var best: (isUnlisted: Int, rank: Int, image: Image)?
        for candidate in candidates {
            guard let rank = preference.rank(candidate.platform) else { continue }
            let isUnlisted = candidate.isListed ? 0 : 1
            if let best, (best.isUnlisted, best.rank) <= (isUnlisted, rank) { continue }
            best = (isUnlisted, rank, candidate.image)
        }
        if let best { return best.image }
        return wanted == nil && candidates.count == 1 ? candidates[0].image : nil
    }
}

/// What an index lists, in the order in which it is looked into by whoever wants the image for one platform.
///
/// One rule for archives, folders, registries and stores: of those that are listed for the platform the best is the image, and nothing
/// of the others is opened. Only where the index lists none for the platform are those looked into of which it does not say what they
/// are for; whatever it lists for another platform is never opened.
package struct PlatformOrder<Entry> {
    /// Those that are listed for the platform, the best first, equals in the index's order.
    package private(set) var fitting: [Entry] = []
    /// Those of which only the image's own config says what they are for, in the index's order.
    package private(set) var silent: [Entry] = []
    /// Those that are listed for other platforms, and for which.
    package private(set) var others: [(entry: Entry, platform: Platform)] = []

    /// The order for one platform, by what `listed` gives as the index's word on each.
    package init(_ entries: [Entry], for preference: PlatformPreference, listed: (Entry) -> Platform?) {
        var ranked: [(rank: Int, place: Int)] = []
        for (place, entry) in entries.enumerated() {
            guard let platform = listed(entry), !platform.isSilent else {
                silent.append(entry)
                continue
            }
            if let rank = preference.rank(platform) { ranked.append((rank, place)) } else { others.append((entry, platform)) }
        }
        ranked.sort { ($0.rank, $0.place) < ($1.rank, $1.place) }
        fitting = ranked.map { entries[$0.place] }
    }
}

extension Platform {
    /// Whether it says too little to choose by.
    package var isSilent: Bool { os.isEmpty || architecture.isEmpty }

    fileprivate func isSameMachine(_ other: Platform) -> Bool {
        os == other.os && architecture == other.architecture && variant == other.variant
    }

    /// The platform in the words that all use, without a variant that goes without saying.
    ///
    /// An image without an operating system is from times when there was no other than Linux.
    var normalized: Platform {
        let names = ["macos": "darwin", "": "linux"]
        let (architecture, variant) = Self.normalized(architecture.lowercased(), (variant ?? "").lowercased())
        return Platform(
            os: names[os.lowercased()] ?? os.lowercased(), architecture: architecture, variant: variant.isEmpty ? nil : variant)
    }

    private static func normalized(_ architecture: String, _ variant: String) -> (String, String) {
        switch (architecture, variant) {
        case ("i386", _): ("386", "")
        case ("x86_64", _), ("x86-64", _), ("amd64", _): ("amd64", variant == "v1" ? "" : variant)
        case ("aarch64", _), ("arm64", _):
            ("arm64", ["8", "v8", "v8.0"].contains(variant) ? "" : variant == "v9.0" ? "v9" : variant)
        case ("armhf", _): ("arm", "v7")
        case ("armel", _): ("arm", "v6")
        case ("arm", ""): ("arm", "v7")
        case ("arm", "5"), ("arm", "6"), ("arm", "7"), ("arm", "8"): ("arm", "v\(variant)")
        default: (architecture, variant)
        }
    }
}
