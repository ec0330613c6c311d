package import OCISpec

/// Why a line of a listing cannot be used.
package enum ListingLineError: Error, Hashable, Sendable {
    /// It is no object of JSON; the byte at which that shows.
    case notAnObject(at: Int)
    /// It has more bytes than are read.
    case tooLong
    /// It lacks the field, or that has a value of another kind.
    case badField(String)
    /// The field stands twice.
    case repeated(String)
    /// Its digest is none.
    case badDigest(String)
    /// It is about a layer that no image before it has.
    case strangeLayer(Digest)
    /// Its source is none that a worker reads.
    case badSource(String)
}

/// A layer that a worker is asked to read.
package struct LayerLine: Hashable, Sendable {
    /// What the bytes must hash to, how many they are, and what the manifest says of a table of contents.
    package var descriptor: Descriptor
    /// Where it is.
    package var place: LayerPlace
    /// Whether its table of contents may stand in for it.
    package var usesTable = true
}

/// A line of a worker's input, as far as it can be read.
struct LayerLineReading {
    /// Nil where the line has none.
    var digest: Digest?
    /// Fields that are passed on, as they stand, each with a comma before it.
    var others: [UInt8] = []
    /// The layer, or what is wrong with the line.
    var layer: Result<LayerLine, ListingLineError> = .failure(.notAnObject(at: 0))

    private var size: Int64?
    private var source: String?
    private var mediaType = ""
    private var annotations: [ExactText: String] = [:]
    private var usesTable = true

    /// Fields of an answer, which no field of a line takes the place of.
    private static let answered: Set = [
        "diffID", "compressedBytes", "tarBytes", "contentBytes", "entries", "toc", "error", "retry",
    ]

    init(_ line: [UInt8]) {
        do throws(ListingLineError) {
            try read(line)
            layer = .success(try self.found())
        } catch {
            layer = .failure(error)
        }
    }

    private mutating func read(_ line: [UInt8]) throws(ListingLineError) {
        let outcome: Result<Void, ListingLineError> = line.withUnsafeBufferPointer { bytes in
            do throws(ListingLineError) { return .success(try read(bytes)) } catch { return .failure(error) }
        }
        try outcome.get()
    }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(ListingLineError) {
        var whole = LayerLineReading()
        let result = ListingLine.read(bytes) { name, reader throws(ListingLineError) in
            try whole.take(name, &reader)
        }
        // What could be read of a line that cannot be used is passed on with what is wrong.
        switch result {
        case .success: self = whole
        case .failure(let error):
            if case .notAnObject = error { throw error }
            self = whole
            throw error
        }
    }

    private init() {}

    private mutating func take(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) {
        switch name {
        case "digest":
            let text = try ListingLine.string(name, &reader)
            guard let digest = Digest(ifValid: text) else { throw .badDigest(text) }
            self.digest = digest
        case "size":
            let size = try ListingLine.integer(name, &reader)
            guard (0...Descriptor.largestSize).contains(size) else { throw .badField(name) }
            self.size = size
        case "source": source = try ListingLine.string(name, &reader)
        default: try takeOther(name, &reader)
        }
    }

    private mutating func takeOther(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) {
        let value = try ListingLine.raw(&reader)
        if !Self.answered.contains(name) { others += ListingLine.field(name, value) }
        switch name {
        case "mediaType": mediaType = ListingLine.string(value) ?? ""
        case "annotations": annotations = ListingLine.texts(value)
        case "table": usesTable = value != Array("false".utf8)
        default: break
        }
    }

    private func found() throws(ListingLineError) -> LayerLine {
        guard let digest else { throw .badField("digest") }
        guard let size else { throw .badField("size") }
        guard let source else { throw .badField("source") }
        guard let place = LayerPlace(source) else { throw .badSource(source) }
        let descriptor = Descriptor(
            mediaType: mediaType, digest: digest, size: size, annotations: annotations.isEmpty ? nil : annotations)
        return LayerLine(descriptor: descriptor, place: place, usesTable: usesTable)
    }
}
