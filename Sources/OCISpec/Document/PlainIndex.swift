extension ImageIndex {
    /// The index that a document is, as `decodeDocument` reads it.
    ///
    /// Where the document has nothing but what stores mostly write, it is read in a tenth of the time.
    package init(
        decoding bytes: [UInt8], limits: DocumentLimits = .default, passesOddEntries: Bool = false
    ) throws(DocumentError) {
        try checkDocument(bytes, limits: limits)
        if let plain = PlainIndex.read(bytes) {
            self = plain
        } else {
            self = try decodeDocument(ImageIndex.self, from: bytes, limits: limits, passesOddEntries: passesOddEntries)
        }
    }
}

/// Reads indexes whose entries have a type, a digest, a size, annotations and a platform, written as everybody writes them.
///
/// Whatever else stands in one, and whatever is wrong with it, is left to the decoder: there is one place that says what a document
/// must not have. Listing the images of a large store is mostly reading its index.
private struct PlainIndex {
    private var json: JSONReader
    /// The type of the entry before, which mostly is the next one's too, and where it stands.
    private var lastType: (text: String, bytes: UnsafeBufferPointer<UInt8>)?

    /// The index that `checkDocument` has passed; nil for one that is not plain.
    static func read(_ bytes: [UInt8]) -> ImageIndex? {
        bytes.withUnsafeBufferPointer { buffer in
            var reader = PlainIndex(json: JSONReader(buffer))
            // The general reader takes it then, and tells what is wrong with it.
            do throws(JSONReader.Fault) { return try reader.index() } catch { return nil }
        }
    }

    private mutating func index() throws(JSONReader.Fault) -> ImageIndex {
        var index = ImageIndex(mediaType: nil)
        var hasManifests = false
        var name: String?
        while try json.nextValue(&name), let name {
            switch name {
            case "schemaVersion": guard try json.integer() == 2 else { throw json.fault }
            case "mediaType":
                let type = try text()
                guard MediaType.isIndex(type) else { throw json.fault }
                index.mediaType = type
            case "manifests":
                hasManifests = true
                var isFirst = true
                while try json.nextElement(&isFirst) { index.manifests.append(try entry()) }
            case "annotations": index.annotations = try annotations()
            default: throw json.fault
            }
        }
        guard hasManifests else { throw json.fault }
        try json.finish()
        return index
    }

    private mutating func entry() throws(JSONReader.Fault) -> Descriptor {
        var (type, digest, size): (String?, Digest?, Int64?)
        var annotations: [ExactText: String]?
        var platform: Platform?
        var name: String?
        while try json.nextValue(&name), let name {
            switch name {
            case "mediaType": type = try mediaType()
            case "digest": digest = try self.digest()
            case "size": size = try json.integer()
            case "annotations": annotations = try self.annotations()
            case "platform": platform = try self.platform()
            default: throw json.fault
            }
        }
        guard let type, let digest, let size, (0...Descriptor.largestSize).contains(size) else { throw json.fault }
        return Descriptor(mediaType: type, digest: digest, size: size, annotations: annotations, platform: platform)
    }

    private mutating func mediaType() throws(JSONReader.Fault) -> String {
        guard let text = try json.plainText() else { throw json.fault }
        if let lastType, lastType.bytes.elementsEqual(text) { return lastType.text }
        let type = String(decoding: text, as: UTF8.self)
        guard MediaType.isWellFormed(type) else { throw json.fault }
        lastType = (type, text)
        return type
    }

    private mutating func digest() throws(JSONReader.Fault) -> Digest {
        guard let text = try json.plainText() else { throw json.fault }
        do throws(Digest.ParseError) { return try Digest(utf8: text) } catch { throw json.fault }
    }

    private mutating func annotations() throws(JSONReader.Fault) -> [ExactText: String] {
        var annotations: [ExactText: String] = [:]
        var name: String?
        while try json.nextValue(&name), let name { annotations[ExactText(name)] = try text() }
        return annotations
    }

    private mutating func platform() throws(JSONReader.Fault) -> Platform {
        var platform = Platform(os: "", architecture: "")
        var name: String?
        while try json.nextValue(&name), let name {
            switch name {
            case "os": platform.os = try text()
            case "architecture": platform.architecture = try text()
            case "variant": platform.variant = try text()
            default: throw json.fault
            }
        }
        return platform
    }

    /// A string without escapes.
    private mutating func text() throws(JSONReader.Fault) -> String {
        guard let text = try json.plainText() else { throw json.fault }
        return String(decoding: text, as: UTF8.self)
    }
}
