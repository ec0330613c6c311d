package import OCISpec

/// What a text means among the entries of one state of `index.json`, for what works on entries: `rmi`, `pin`.
///
/// All that images may be called is looked up once, so asking for thousands costs little more than asking for one; a name alone
/// is found without reading a document. Not for several threads.
package final class ImageLookup {
    /// What a text means.
    package struct Target {
        /// The places of the entries, in the index's order.
        package var places: [Int]
        /// The digest that was asked for, or that the name leads to.
        package var identity: Digest
        /// Whether a name was given, which is one entry, and not an ID or a digest, which is all entries of the image.
        package var isByName: Bool
        /// What is asked for where that is only a part of the images found: one platform of an index.
        package var part: Part?
        /// What `index.json` lists of it; several where an image has several names.
        fileprivate(set) package var entries: [NamedImage] = []
    }

    /// A manifest, or an index within an index.
    package struct Part: Hashable, Sendable {
        /// As it was asked for: its own digest, or its config's.
        package var digest: Digest
        /// The machine that it is for; nil for an index.
        package var platform: Platform?
    }

    /// How a digest leads to an image, the closest first.
    private enum Calling: Int, Comparable {
        /// `index.json` lists it.
        case listed
        /// It is the image's ID.
        case id
        /// It would be the ID, were that not another image's.
        case config
        /// It is a part of it.
        case part

        static func < (left: Calling, right: Calling) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Call {
        let digest: Digest
        let hex: String
        let image: Int
        let calling: Calling
        /// What it leads to: a manifest for its config, and itself else.
        let manifest: Digest
        let platform: Platform?
    }

    /// The entries, in the index's order.
    package let names: [NamedImage]
    private let store: ImageStore
    private var places: [EntryName: Int] = [:]
    private var placesOfDigest: [Digest: [Int]] = [:]
    private lazy var documents: DocumentReader = DocumentReader(store)
    /// Every image that the entries list.
    package private(set) lazy var images: [ImageSummary] = {
        defer { documents.save() }
        return store.summaries(of: names, documents)
    }()
    private lazy var calls: [Call] = makeCalls()
    private lazy var imagesOfPart: [Digest: [Int]] = makeImagesOfPart()

    /// A look-up among `names`, entries of `store`.
    package init(_ store: ImageStore, _ names: [NamedImage]) {
        self.store = store
        self.names = names
        for (place, entry) in names.enumerated() {
            if let name = entry.name { places[name] = place }
            placesOfDigest[entry.descriptor.digest, default: []].append(place)
        }
    }

    /// The entries that are there for the sake of something else, of which containers may keep some as well.
    package func referrers(containers: [Descriptor]) -> Referrers { Referrers(names, containers: containers, documents) }

    /// The places of the entries that list a digest.
    package func places(of digest: Digest) -> [Int] { placesOfDigest[digest] ?? [] }

    /// The images that consist of the digest, or of it and others.
    package func images(holding digest: Digest) -> [ImageSummary] { (imagesOfPart[digest] ?? []).map { images[$0] } }

    /// What `text` means: the entry of that name; for `name@digest` those of the repository that have the digest; for a digest or
    /// the beginning of an ID every entry of the images so called.
    ///
    /// A digest that `index.json` lists means what is listed there; else an ID means the images of which it is the ID; only then
    /// a digest means a part of images. Entries at places in `gone` count as not there. The order in which a text is taken for
    /// one or the other is that of `resolve(_:)`.
    package func target(_ text: String, without gone: Set<Int> = []) throws(ImageError) -> Target {
        let parsed = ImageStore.parse(text)
        if case .success(.digest(let digest)) = parsed {
            guard let target = try target(digest.hex, digest.algorithm, text, gone) else { throw .noSuchImage(text) }
            return target
        }
        let id = IDPrefix(text)
        let named = id?.hasScheme == true ? nil : named(parsed, text, gone)
        if let named, id?.goesBeforeNames != true { return named }
        if let id {
            do {
                if let target = try target(id.digits, .sha256, text, gone) { return target }
            } catch {
                guard let named else { throw error }
                return named
            }
        }
        if let named { return named }
        if case .failure(let error) = parsed, id == nil { throw .badName(error) }
        throw .noSuchImage(text)
    }

    private func named(_ parsed: Result<ImageName, ReferenceError>, _ text: String, _ gone: Set<Int>) -> Target? {
        if case .success(.reference(let reference)) = parsed, let target = target(reference, gone) { return target }
        return target(named: .bare(text), gone)
    }

    private func target(named name: EntryName, _ gone: Set<Int>) -> Target? {
        guard let place = places[name], !gone.contains(place) else { return nil }
        return target([place], names[place].descriptor.digest, isByName: true)
    }

    private func target(_ reference: Reference, _ gone: Set<Int>) -> Target? {
        if let target = target(named: .reference(reference.withDefaultTag), gone) { return target }
        guard let digest = reference.digest else { return nil }
        let own = names.indices.filter { place in
            guard case .reference(let other) = names[place].name, !gone.contains(place) else { return false }
            // With a tag beside the digest that name is meant, and no other that has the digest.
            return other.repository == reference.repository && (reference.tag == nil || other.tag == reference.tag)
        }
        let listed = own.filter { names[$0].descriptor.digest == digest }
        if !listed.isEmpty { return target(listed, digest, isByName: false) }
        let holders = Set(images(holding: digest).map(\.digest))
        let found = own.filter { holders.contains(names[$0].descriptor.digest) }
        guard !found.isEmpty else { return nil }
        let platform = images(holding: digest).lazy.flatMap(\.variants).first { $0.manifest == digest }?.platform
        return target(found, digest, isByName: false, part: Part(digest: digest, platform: platform))
    }

    private func target(
        _ prefix: String, _ algorithm: Digest.Algorithm, _ text: String, _ gone: Set<Int>
    ) throws(ImageError) -> Target? {
        let found = callsThatBegin(with: prefix).filter { call in
            call.digest.algorithm == algorithm && !places(of: images[call.image].digest).allSatisfy(gone.contains)
        }
        guard let closest = found.map(\.calling).min() else {
            // One damaged image must not keep the others from being found.
            if let problem = images.lazy.compactMap(\.problem).first { throw problem }
            return nil
        }
        let digests = Set(found.map(\.digest))
        guard digests.count == 1 || Set(found.map(\.manifest)).count == 1 else {
            throw .ambiguous(text, candidates: digests.sorted())
        }
        let chosen = found.filter { $0.calling == closest }
        let meant = Set(chosen.flatMap { places(of: images[$0.image].digest) }).subtracting(gone).sorted()
        let part = closest == .part ? Part(digest: chosen[0].digest, platform: chosen[0].platform) : nil
        return target(meant, chosen[0].digest, isByName: false, part: part)
    }

    private func target(_ places: [Int], _ identity: Digest, isByName: Bool, part: Part? = nil) -> Target {
        Target(places: places, identity: identity, isByName: isByName, part: part, entries: places.map { names[$0] })
    }

    /// The calls whose digest begins with these hexadecimal digits.
    private func callsThatBegin(with prefix: String) -> ArraySlice<Call> {
        var low = calls.startIndex
        var high = calls.endIndex
        while low < high {
            let middle = (low + high) / 2
            if calls[middle].hex < prefix { low = middle + 1 } else { high = middle }
        }
        return calls[low...].prefix { $0.hex.hasPrefix(prefix) }
    }

    private func makeCalls() -> [Call] {
        var calls: [Call] = []
        for (place, image) in images.enumerated() {
            func add(_ digest: Digest, _ calling: Calling, _ manifest: Digest, _ platform: Platform?) {
                calls.append(
                    Call(digest: digest, hex: digest.hex, image: place, calling: calling, manifest: manifest, platform: platform))
            }
            // A manifest that stands alone is one thing with its config; an index is another one than its platforms.
            let chosen = image.variants.first
            add(image.digest, .listed, image.digest, nil)
            if let chosen { add(chosen.config, chosen.config == image.imageID ? .id : .config, chosen.manifest, chosen.platform) }
            for variant in image.variants {
                if variant.config != chosen?.config { add(variant.config, .part, variant.manifest, variant.platform) }
                if variant.manifest != image.digest { add(variant.manifest, .part, variant.manifest, variant.platform) }
            }
            let told = Set(image.variants.map(\.manifest)).union([image.digest])
            for part in image.parts.subtracting(told) { add(part, .part, part, nil) }
        }
        return calls.sorted { ($0.hex, $0.image) < ($1.hex, $1.image) }
    }

    private func makeImagesOfPart() -> [Digest: [Int]] {
        var found: [Digest: [Int]] = [:]
        for (place, image) in images.enumerated() {
            for part in image.parts.union([image.digest]) { found[part, default: []].append(place) }
        }
        return found
    }
}
