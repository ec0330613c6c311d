package import OCISpec

/// What was seen of things that digests name, each with a number: the order in which they were come by.
///
/// A look at a store asks a hundred times about each of a hundred thousand blobs. By its number each question is a place in an
/// array; by its digest it is a search in a table.
package struct Numbered<Value> {
    /// The digests, by number.
    package private(set) var digests: [Digest] = []
    /// What was seen of them, by number.
    package private(set) var values: [Value] = []
    private var numbers: [Digest: Int32] = [:]

    init() {}

    /// How many there are.
    package var count: Int { digests.count }

    /// The number of a digest; nil for one that was not come by.
    package func number(of digest: Digest) -> Int32? { numbers[digest] }

    /// What was seen of a digest; nil for one that was not come by.
    package subscript(digest: Digest) -> Value? { numbers[digest].map { values[Int($0)] } }

    /// Adds what was seen of a digest, or replaces what was seen before.
    mutating func set(_ value: Value, for digest: Digest) {
        if let number = numbers[digest] {
            values[Int(number)] = value
            return
        }
        numbers[digest] = Int32(digests.count)
        digests.append(digest)
        values.append(value)
    }
}

extension Numbered: Sendable where Value: Sendable {}

/// The numbers by which markings and graphs speak of blobs and unpacked layers.
///
/// What a survey saw comes first, its blobs by the survey's own numbers; what documents name beside that is numbered as it is
/// come by.
struct ItemNumbers {
    /// What each number stands for.
    private(set) var items: [StoreItem] = []
    private var blobs: Numbered<StoreSurvey.Blob>
    private var others: [Digest: Int32] = [:]
    private var layers: [Digest: Int32] = [:]
    /// Whether unpacked layers that no survey saw have numbers as well.
    private let takesLayers: Bool

    /// Numbers for whatever is asked for.
    init() {
        blobs = Numbered()
        takesLayers = true
    }

    /// Numbers for what `survey` saw, and for blobs that documents name beside it.
    init(_ survey: StoreSurvey) {
        blobs = survey.blobs
        takesLayers = false
        items.reserveCapacity(survey.blobs.count + survey.layers.count)
        for digest in survey.blobs.digests { items.append(.blob(digest)) }
        for diffID in survey.layers.keys { layers[diffID] = add(.layer(diffID)) }
    }

    private mutating func add(_ item: StoreItem) -> Int32 {
        items.append(item)
        return Int32(items.count - 1)
    }

    /// The number of a blob.
    mutating func blob(_ digest: Digest) -> Int32 {
        if let number = blobs.number(of: digest) ?? others[digest] { return number }
        let number = add(.blob(digest))
        others[digest] = number
        return number
    }

    /// The number of an unpacked layer; nil for one that has none.
    mutating func layer(_ diffID: Digest) -> Int32? {
        // Most stores have none.
        guard takesLayers || !layers.isEmpty else { return nil }
        if let number = layers[diffID] { return number }
        guard takesLayers else { return nil }
        let number = add(.layer(diffID))
        layers[diffID] = number
        return number
    }

    /// The number of an item that has one already.
    func known(_ item: StoreItem) -> Int32? {
        switch item {
        case .blob(let digest): blobs.number(of: digest) ?? others[digest]
        case .layer(let diffID): layers[diffID]
        }
    }
}
