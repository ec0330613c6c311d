/// One page of a tree: where it lies in the file's bytes, and its elements.
///
/// Nothing here is believed that was not looked at: what would lie outside the page gives nil.
struct BoltPage {
    /// What a page of a tree is.
    enum Kind: UInt16 {
        case branch = 1
        case leaf = 2
    }

    /// A page's head, and an element's.
    static let headBytes = 16

    let kind: Kind
    let count: Int
    /// Where it begins, its head included, and where it ends.
    let bounds: Range<Int>

    /// The page within `bounds`; nil for one of another kind, or with more elements than it has room for.
    init?(_ raw: UnsafeRawBufferPointer, _ bounds: Range<Int>) {
        guard bounds.count >= Self.headBytes, bounds.upperBound <= raw.count else { return nil }
        guard let kind = Kind(rawValue: raw.little(UInt16.self, at: bounds.lowerBound + 8)) else { return nil }
        let count = Int(raw.little(UInt16.self, at: bounds.lowerBound + 10))
        guard Self.headBytes * (count + 1) <= bounds.count else { return nil }
        self.kind = kind
        self.count = count
        self.bounds = bounds
    }

    /// Where the heads of all elements end, behind which their keys and values are.
    var headsEnd: Int { bounds.lowerBound + Self.headBytes * (count + 1) }

    /// A branch's element: its least key, and the page of the keys from there on.
    func child(_ number: Int, _ raw: UnsafeRawBufferPointer) -> (key: Range<Int>, page: UInt64)? {
        let head = bounds.lowerBound + Self.headBytes * (number + 1)
        let place = head + Int(raw.little(UInt32.self, at: head))
        let length = Int(raw.little(UInt32.self, at: head + 4))
        guard place >= headsEnd, place + length <= bounds.upperBound else { return nil }
        return (place..<place + length, raw.little(UInt64.self, at: head + 8))
    }

    /// A leaf's element: its key, its value, which follows it, and whether that is a bucket.
    func item(_ number: Int, _ raw: UnsafeRawBufferPointer) -> (key: Range<Int>, value: Range<Int>, isBucket: Bool)? {
        let head = bounds.lowerBound + Self.headBytes * (number + 1)
        let flags = raw.little(UInt32.self, at: head)
        let place = head + Int(raw.little(UInt32.self, at: head + 4))
        let middle = place + Int(raw.little(UInt32.self, at: head + 8))
        let end = middle + Int(raw.little(UInt32.self, at: head + 12))
        guard flags <= 1, place >= headsEnd, end <= bounds.upperBound else { return nil }
        return (place..<middle, middle..<end, flags == 1)
    }
}

extension UnsafeRawBufferPointer {
    /// A number in the byte order of bbolt's files, which is that of the machines that strata runs on.
    func little<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, at offset: Int) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// Whether the bytes of one range are below those of another, in the order of keys.
    func isAscending(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        UnsafeRawBufferPointer(rebasing: self[left]).isBelow(UnsafeRawBufferPointer(rebasing: self[right]))
    }
}
