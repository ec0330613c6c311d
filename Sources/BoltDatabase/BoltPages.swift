/// The bytes of one committed state, checked as a whole: what is reached from the root is well formed.
///
/// Never written after it is made, so any number of threads may read it.
final class BoltPages: Sendable {
    let bytes: [UInt8]
    let pageSize: Int
    /// How many pages there are, the meta pages among them.
    let count: UInt64

    /// The state with its root at a page; a fault where it is not well formed.
    init(_ bytes: [UInt8], _ meta: BoltMeta) throws(BoltFault) {
        self.bytes = bytes
        pageSize = meta.pageSize
        count = min(meta.highWater, UInt64(bytes.count / meta.pageSize))
        var check = BoltCheck(pageCount: Int(count))
        var fault: BoltFault?
        bytes.withUnsafeBytes { raw in
            do throws(BoltFault) { try check.bucket(at: meta.root, self, raw, depth: 0) } catch { fault = error }
        }
        if let fault { throw fault }
    }

    /// The page of this number, without its being checked further than that it can be read.
    func page(_ number: UInt64, _ raw: UnsafeRawBufferPointer) throws(BoltFault) -> BoltPage {
        // The first two are meta pages.
        guard number >= 2, number < count else { throw BoltFault(kind: .pageOutOfBounds, page: number) }
        let start = Int(number) * pageSize
        guard raw.little(UInt64.self, at: start) == number else { throw BoltFault(kind: .wrongNumber, page: number) }
        let more = UInt64(raw.little(UInt32.self, at: start + 12))
        guard more < count - number else { throw BoltFault(kind: .pageOutOfBounds, page: number) }
        guard let page = BoltPage(raw, start..<start + (Int(more) + 1) * pageSize) else {
            let isKnown = BoltPage.Kind(rawValue: raw.little(UInt16.self, at: start + 8)) != nil
            throw BoltFault(kind: isKnown ? .elementOutOfBounds : .wrongKind, page: number)
        }
        return page
    }

    /// What a bucket's value says: its root, or nil for a small bucket, whose only page follows; nil for what is too short.
    static func bucketRoot(_ value: Range<Int>, _ raw: UnsafeRawBufferPointer) -> (root: UInt64?, page: Range<Int>)? {
        guard value.count >= 16 else { return nil }
        let root = raw.little(UInt64.self, at: value.lowerBound)
        return (root == 0 ? nil : root, value.lowerBound + 16..<value.upperBound)
    }
}

/// The look at a whole file before anything of it is used: every page is reached once, lies where it may, and has its keys in order.
///
/// So all that is read later ends after as many steps as the file has bytes, and looking a key up finds it wherever it is.
struct BoltCheck {
    /// Whether a page was reached.
    private var isTaken: [Bool]

    /// Pages and buckets below one another; the engines' files have some eight buckets of up to four pages.
    private static let maxDepth = 128

    init(pageCount: Int) { isTaken = Array(repeating: false, count: pageCount) }

    /// The keys that a page may have: from the lower bound on, and below the upper one.
    private struct Span {
        var from: Range<Int>?
        var below: Range<Int>?
    }

    /// Checks the bucket with this root, and all that is in it.
    mutating func bucket(
        at root: UInt64, _ pages: BoltPages, _ raw: UnsafeRawBufferPointer, depth: Int
    ) throws(BoltFault) { try page(root, pages, raw, Span(), depth: depth) }

    private mutating func page(
        _ number: UInt64, _ pages: BoltPages, _ raw: UnsafeRawBufferPointer, _ span: Span, depth: Int
    ) throws(BoltFault) {
        guard depth < Self.maxDepth else { throw BoltFault(kind: .tooDeep, page: number) }
        let page = try pages.page(number, raw)
        for place in Int(number)..<page.bounds.upperBound / pages.pageSize {
            guard !isTaken[place] else { throw BoltFault(kind: .pageSharedByTwo, page: number) }
            isTaken[place] = true
        }
        switch page.kind {
        case .leaf: try leaf(page, number, pages, raw, span, depth: depth)
        case .branch: try branch(page, number, pages, raw, span, depth: depth)
        }
    }

    private mutating func branch(
        _ page: BoltPage, _ number: UInt64, _ pages: BoltPages, _ raw: UnsafeRawBufferPointer, _ span: Span, depth: Int
    ) throws(BoltFault) {
        guard page.count > 0 else { throw BoltFault(kind: .emptyBranch, page: number) }
        var end = page.headsEnd
        var next = page.child(0, raw)
        for place in 0..<page.count {
            guard let child = next, child.key.lowerBound >= end else {
                throw BoltFault(kind: .elementOutOfBounds, page: number)
            }
            end = child.key.upperBound
            try keep(child.key, in: Span(from: place == 0 ? span.from : nil, below: span.below), raw, number)
            next = place + 1 < page.count ? page.child(place + 1, raw) : nil
            if let next, !raw.isAscending(child.key, next.key) { throw BoltFault(kind: .keysOutOfOrder, page: number) }
            try self.page(child.page, pages, raw, Span(from: child.key, below: next?.key ?? span.below), depth: depth + 1)
        }
    }

    private mutating func leaf(
        _ page: BoltPage, _ number: UInt64, _ pages: BoltPages, _ raw: UnsafeRawBufferPointer, _ span: Span, depth: Int,
        isInline: Bool = false
    ) throws(BoltFault) {
        var end = page.headsEnd
        var last: Range<Int>?
        for place in 0..<page.count {
            guard let item = page.item(place, raw), item.key.lowerBound >= end else {
                throw BoltFault(kind: .elementOutOfBounds, page: number)
            }
            end = item.value.upperBound
            if let last, !raw.isAscending(last, item.key) { throw BoltFault(kind: .keysOutOfOrder, page: number) }
            try keep(item.key, in: Span(from: last == nil ? span.from : nil, below: span.below), raw, number)
            last = item.key
            guard item.isBucket else { continue }
            // A bucket with buckets in it has pages of its own, however small it is.
            guard !isInline, let inner = BoltPages.bucketRoot(item.value, raw) else {
                throw BoltFault(kind: .badBucket, page: number)
            }
            guard let root = inner.root else {
                guard let small = BoltPage(raw, inner.page), small.kind == .leaf else {
                    throw BoltFault(kind: .badBucket, page: number)
                }
                try leaf(small, number, pages, raw, Span(), depth: depth, isInline: true)
                continue
            }
            try bucket(at: root, pages, raw, depth: depth + 1)
        }
    }

    private func keep(_ key: Range<Int>, in span: Span, _ raw: UnsafeRawBufferPointer, _ number: UInt64) throws(BoltFault) {
        if let from = span.from, raw.isAscending(key, from) { throw BoltFault(kind: .keysOutOfOrder, page: number) }
        if let below = span.below, !raw.isAscending(key, below) { throw BoltFault(kind: .keysOutOfOrder, page: number) }
    }
}
