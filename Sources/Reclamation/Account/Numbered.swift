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

    /// Makes room for as many.
    mutating func reserveCapacity(_ count: Int) {
        digests.reserveCapacity(count)
        values.reserveCapacity(count)
        numbers.reserveCapacity(count)
    }

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

/// The numbers by which a marking speaks of blobs and unpacked layers, in the order in which it comes by them.
struct ItemNumbers {
    /// What each number stands for.
    private(set) var items: [StoreItem] = []
    private var blobs: [Digest: Int32] = [:]
    private var layers: [Digest: Int32] = [:]

    private mutating func add(_ item: StoreItem) -> Int32 {
        items.append(item)
        return Int32(items.count - 1)
    }

    /// Makes room for as many blobs.
    mutating func reserveCapacity(_ count: Int) {
        items.reserveCapacity(count)
        blobs.reserveCapacity(count)
    }

    /// The number of a blob.
    mutating func blob(_ digest: Digest) -> Int32 {
        if let number = blobs[digest] { return number }
        let number = add(.blob(digest))
        blobs[digest] = number
        return number
    }

    /// The number of an unpacked layer.
    mutating func layer(_ diffID: Digest) -> Int32 {
        if let number = layers[diffID] { return number }
        let number = add(.layer(diffID))
        layers[diffID] = number
        return number
    }

    /// The number of an item that has one already.
    func known(_ item: StoreItem) -> Int32? {
        switch item {
        case .blob(let digest): blobs[digest]
        case .layer(let diffID): layers[diffID]
        }
    }
}
