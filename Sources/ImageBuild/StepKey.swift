import LayerArchive
import OCISpec

/// A digest over parts that cannot run into each other: each has its length before it.
struct StepKey {
    /// Changes whenever equal inputs would give another layer than before.
    private static let version = "1"

    private var hash = StreamHash()
    /// What is not hashed yet: few large pieces cost less than many small ones.
    private var pending: [UInt8] = []
    private static let pieceBytes = 32 << 10

    init(_ kind: String) {
        add(Self.version)
        add(kind)
    }

    mutating func add(_ bytes: [UInt8]) { add(bytes[...]) }

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        add(Int64(bytes.count))
        pending += bytes
    }

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ texts: [String]) {
        add(texts.count)
        for text in texts { add(text) }
    }

    mutating func add(_ number: Int) { add(Int64(number)) }

    mutating func add(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { pending += $0 }
        if pending.count >= Self.pieceBytes { flush() }
    }

    private mutating func flush() {
        pending.withUnsafeBytes { hash.update($0) }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func add(_ number: UInt64) { add(Int64(bitPattern: number)) }

    mutating func add(_ layers: [BuildLayer]) {
        add(layers.count)
        for layer in layers { add(layer.diffID.description) }
    }

    func digest() -> Digest {
        var copy = self
        copy.flush()
        return copy.hash.digest()
    }
}
