import LayerArchive
import TestSupport

/// Makes small images full of trouble: few names, so that nearly everything meets everything.
struct ImageGenerator {
    private static let names = ["a", "b", "c", "d", "lib"]
    private static let sizes: [Int64] = [0, 1, 10, 100, 1000, 4095, 4096, 5000, 10000]
    private static let odd = [
        ".", "..", "/", "../..", "/..", "./a", "a/../b", "/lib/../c", "../lib", "nowhere/../d", "a//b", "c/", "../../../b/c",
    ]

    private var random: SplitMix64
    /// Paths of non-directories written so far: most hard links and whiteouts aim at one of them.
    private var written: [String] = []
    private var files: [LayerEntry] = []
    /// Of a hundred hard links, how many name a path without looking.
    private var blindLinks = 0

    /// The image of a seed: 1 to 8 layers with up to 12 entries each.
    static func image(seed: UInt64) -> [[LayerEntry]] {
        var generator = ImageGenerator(random: SplitMix64(seed: seed))
        generator.blindLinks = generator.chance(20) ? 50 : 0
        let layerCount = generator.number(1...8)
        let mostEntries = generator.pick([3, 6, 12])
        let image = (0..<layerCount).map { _ in generator.layer(mostEntries: mostEntries) }
        return generator.blindLinks > 0 ? image : generator.mended(image)
    }

    private init(random: SplitMix64) {
        self.random = random
    }

    /// `image` with fewer hard links, so that none leads nowhere.
    private mutating func mended(_ image: [[LayerEntry]]) -> [[LayerEntry]] {
        var image = image
        while ImageModel.outcome(of: image) == .error {
            let links = image.indices.flatMap { layer in
                image[layer].indices.filter { image[layer][$0].kind == .hardLink }.map { (layer, $0) }
            }
            let (layer, entry) = pick(links)
            image[layer].remove(at: entry)
        }
        return image
    }

    private mutating func layer(mostEntries: Int) -> [LayerEntry] {
        var entries = (0..<number(0...mostEntries)).map { _ in entry() }
        if chance(15), entries.count > 1 { entries.shuffle(using: &random) }
        if chance(10) { entries.insert(TarEntry.directory(""), at: number(0...entries.count)) }
        return entries
    }

    private mutating func entry() -> LayerEntry {
        switch number(0..<100) {
        case 0..<24: return file(at: path())
        case 24..<36: return fileAgain()
        case 36..<47: return TarEntry.directory(path())
        case 47..<61: return symlink()
        case 61..<72: return link()
        case 72..<83: return TarEntry.whiteout(knownPath(in: 60))
        case 83..<92: return TarEntry.opaque(chance(8) ? "" : directoryPath())
        case 92..<97: return file(at: knownPath(in: 100))
        case 97..<99: return note(TarEntry.fifo(path()))
        default: return note(TarEntry.device(path()))
        }
    }

    private mutating func file(at path: String) -> LayerEntry {
        note(
            TarEntry.file(
                path, bytes: pick(Self.sizes), content: UInt64(number(1...2)), mode: chance(50) ? 0o644 : 0o755))
    }

    /// The content of a file that was written before, at its path with another mode or at another path.
    private mutating func fileAgain() -> LayerEntry {
        guard !files.isEmpty else { return file(at: path()) }
        var entry = pick(files)
        entry.mode ^= 0o111
        if chance(40) { entry.path = Array(path().utf8) }
        return note(entry)
    }

    private mutating func symlink() -> LayerEntry {
        let place = path()
        let target =
            switch number(0..<10) {
            case 0..<2: pick(Self.odd)
            case 2..<4: "/" + path()
            case 4..<6: "../" + path()
            case 6: knownPath(in: 100)
            default: path()
            }
        return note(TarEntry.symlink(place, to: target))
    }

    private mutating func link() -> LayerEntry {
        let place = path()
        let target = chance(blindLinks) ? path() : knownPath(in: 100)
        return note(TarEntry.link(place, to: target))
    }

    private mutating func note(_ entry: LayerEntry) -> LayerEntry {
        if entry.kind == .file { files.append(entry) }
        written.append(String(decoding: entry.path, as: UTF8.self))
        return entry
    }

    /// One to three names; short paths are the most frequent.
    private mutating func path() -> String {
        let depth = pick([1, 1, 1, 2, 2, 2, 3])
        return (0..<depth).map { _ in pick(Self.names) }.joined(separator: "/")
    }

    /// In `percent` of a hundred times a path that was written before.
    private mutating func knownPath(in percent: Int) -> String {
        chance(percent) && !written.isEmpty ? pick(written) : path()
    }

    /// More often than not the directory of something that was written before.
    private mutating func directoryPath() -> String {
        let parts = knownPath(in: 70).split(separator: "/")
        return parts.count > 1 ? parts.dropLast().joined(separator: "/") : path()
    }

    private mutating func chance(_ percent: Int) -> Bool {
        number(0..<100) < percent
    }

    private mutating func number(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func pick<T>(_ values: [T]) -> T {
        values[number(0..<values.count)]
    }
}
