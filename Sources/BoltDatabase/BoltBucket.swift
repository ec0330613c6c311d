/// What stands under a key.
package enum BoltItem: Sendable {
    /// Bytes.
    case value(ArraySlice<UInt8>)
    /// A bucket with keys of its own.
    case bucket(BoltBucket)
}

/// A bucket of a snapshot: keys in the order of their bytes, and what stands under each.
///
/// It keeps the whole snapshot in memory. The file was checked when it was opened, so nothing here can fail.
package struct BoltBucket: Sendable {
    /// Where its page or pages are.
    enum Place {
        /// The tree with its root at a page.
        case tree(UInt64)
        /// One page within the value of another bucket's element.
        case inline(Range<Int>)
    }

    private let pages: BoltPages
    private let place: Place

    init(_ pages: BoltPages, _ place: Place) {
        self.pages = pages
        self.place = place
    }

    /// Shows `body` every key with what stands under it, in the order of keys.
    package func forEach<Failure: Error>(
        _ body: (_ key: ArraySlice<UInt8>, _ item: BoltItem) throws(Failure) -> Void
    ) throws(Failure) {
        // The pages on the way, and how many elements of each are done.
        var levels: [(page: BoltPage, next: Int)] = []
        if let first = page(place) { levels.append((first, 0)) }
        while let (page, next) = levels.last {
            guard next < page.count else {
                levels.removeLast()
                continue
            }
            levels[levels.count - 1].next += 1
            switch page.kind {
            case .branch:
                if let child = pages.bytes.withUnsafeBytes({ page.child(next, $0) }), let below = self.page(.tree(child.page)) {
                    levels.append((below, 0))
                }
            case .leaf:
                if let (key, item) = item(next, of: page) { try body(pages.bytes[key], item) }
            }
        }
    }

    /// What stands under `key`; nil where the bucket has no such key.
    package func item(_ key: some Collection<UInt8>) -> BoltItem? {
        let key = Array(key)
        var here = page(place)
        while let page = here {
            let place = lastPlace(notAbove: key, in: page)
            switch page.kind {
            case .branch:
                // What is below the first key of a branch is nowhere below it.
                guard let place, let child = pages.bytes.withUnsafeBytes({ page.child(place, $0) }) else { return nil }
                here = self.page(.tree(child.page))
            case .leaf:
                guard let place, let (found, item) = item(place, of: page), pages.bytes[found].elementsEqual(key) else {
                    return nil
                }
                return item
            }
        }
        return nil
    }

    /// The bytes under a key; nil where there are none, or a bucket.
    package func value(_ key: String) -> ArraySlice<UInt8>? {
        guard case .value(let bytes) = item(key.utf8) else { return nil }
        return bytes
    }

    /// The bucket that these keys lead to, one in the other; nil where one of them is missing or no bucket.
    package func bucket(_ path: String...) -> BoltBucket? {
        path.reduce(self) { (bucket: BoltBucket?, key) in
            guard case .bucket(let inner) = bucket?.item(key.utf8) else { return nil }
            return inner
        }
    }

    /// The buckets in it with their keys, in the order of keys; what is no bucket is left out.
    package var buckets: [(key: ArraySlice<UInt8>, bucket: BoltBucket)] {
        var found: [(ArraySlice<UInt8>, BoltBucket)] = []
        forEach { key, item in
            if case .bucket(let bucket) = item { found.append((key, bucket)) }
        }
        return found
    }

    /// The values in it with their keys, in the order of keys; buckets are left out.
    package var values: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
        var found: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
        forEach { key, item in
            if case .value(let value) = item { found.append((key, value)) }
        }
        return found
    }

    private func page(_ place: Place) -> BoltPage? {
        pages.bytes.withUnsafeBytes { raw in
            switch place {
            case .inline(let bounds): return BoltPage(raw, bounds)
            case .tree(let number):
                // The check has reached every page that is reached here.
                do throws(BoltFault) { return try pages.page(number, raw) } catch { return nil }
            }
        }
    }

    private func item(_ number: Int, of page: BoltPage) -> (key: Range<Int>, item: BoltItem)? {
        pages.bytes.withUnsafeBytes { raw in
            guard let (key, value, isBucket) = page.item(number, raw) else { return nil }
            guard isBucket else { return (key, .value(pages.bytes[value])) }
            guard let inner = BoltPages.bucketRoot(value, raw) else { return nil }
            return (key, .bucket(BoltBucket(pages, inner.root.map(Place.tree) ?? .inline(inner.page))))
        }
    }

    /// The last element of a page whose key is not above `key`; nil where all are.
    private func lastPlace(notAbove key: [UInt8], in page: BoltPage) -> Int? {
        pages.bytes.withUnsafeBytes { raw in
            key.withUnsafeBytes { key in
                var places = 0..<page.count
                while !places.isEmpty {
                    let middle = (places.lowerBound + places.upperBound) / 2
                    let found = page.kind == .branch ? page.child(middle, raw)?.key : page.item(middle, raw)?.key
                    guard let found else { return nil }
                    let isAbove = key.isBelow(UnsafeRawBufferPointer(rebasing: raw[found]))
                    places = isAbove ? places.lowerBound..<middle : middle + 1..<places.upperBound
                }
                return places.lowerBound == 0 ? nil : places.lowerBound - 1
            }
        }
    }
}
