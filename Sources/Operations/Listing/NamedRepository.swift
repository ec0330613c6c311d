import LayerArchive
import OCISpec

/// A repository that a file names, with what the file says of it and of its tags.
package struct NamedRepository: Hashable, Sendable {
    /// Below the registry.
    package let name: String
    /// Fields of all its images, as they stand, each with a comma before it.
    var others: [UInt8] = []
    /// Tags that the file has lines of their own for, and their fields.
    private var tags: [(tag: String, others: [UInt8])] = []
    private var byTag: [String: Int] = [:]
    /// Manifests and indexes without a tag, and their fields.
    private var digests: [(digest: Digest, others: [UInt8])] = []
    /// Whether a line names the repository as a whole, so that its tags are asked for.
    private(set) var listsTags: Bool

    /// A repository of which nothing is known but its name.
    package init(name: String, tag: String? = nil) {
        self.name = name
        listsTags = tag == nil
        if let tag { add(tag, []) }
    }

    private init(line name: String) {
        self.name = name
        listsTags = false
    }

    /// Repositories of one name are one.
    package static func == (left: NamedRepository, right: NamedRepository) -> Bool { left.name == right.name }

    /// The name alone counts.
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    private mutating func add(_ tag: String, _ others: [UInt8]) {
        if let place = byTag[tag] {
            tags[place].others = others
        } else {
            byTag[tag] = tags.count
            tags.append((tag, others))
        }
    }

    /// A tag that the registry lists, with what the file says of it.
    func listed(_ tag: String) -> ListedName {
        ListedName(repository: name, tag: tag, others: byTag[tag].map { tags[$0].others } ?? others)
    }

    /// What the file itself names: tags where the registry is not asked for them, and what has none.
    var ownNames: [ListedName] {
        let tagged = listsTags ? [] : tags.map { ListedName(repository: name, tag: $0.tag, others: $0.others) }
        return tagged + digests.map { ListedName(repository: name, digest: $0.digest, others: $0.others) }
    }

    // MARK: The file

    /// The repositories that the lines of a file name, in the order in which they come first.
    package static func read(_ input: LineInput) throws -> [NamedRepository] {
        var found: [NamedRepository] = []
        var places: [String: Int] = [:]
        var number = 0
        while let line = try input.next() {
            number += 1
            do throws(ListingLineError) {
                guard case .bytes(let bytes) = line else { throw .tooLong }
                if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
                let reading = try RepositoryLine(bytes)
                let place = places[reading.repository] ?? found.count
                if place == found.count {
                    found.append(NamedRepository(line: reading.repository))
                    places[reading.repository] = place
                }
                found[place].take(reading)
            } catch {
                throw RepositoryFileError(line: number, error)
            }
        }
        return found
    }

    private mutating func take(_ line: RepositoryLine) {
        if let tag = line.tag { add(tag, line.others) }
        if let digest = line.digest, line.tag == nil { digests.append((digest, line.others)) }
        for digest in line.untagged { digests.append((digest, line.others)) }
        if line.tag == nil, line.digest == nil {
            listsTags = true
            others = line.others
        }
    }
}

/// A line of the file that is none; lines are counted from 1.
package struct RepositoryFileError: Error, Sendable {
    /// Its number.
    package let line: Int
    /// What is wrong with it.
    package let reason: ListingLineError

    init(line: Int, _ reason: ListingLineError) {
        self.line = line
        self.reason = reason
    }
}

/// A line of the file: a repository, and perhaps a tag of it or digests without one.
private struct RepositoryLine {
    private(set) var repository = ""
    private(set) var tag: String?
    private(set) var digest: Digest?
    private(set) var untagged: [Digest] = []
    private(set) var others: [UInt8] = []

    init(_ line: [UInt8]) throws(ListingLineError) {
        var reading = RepositoryLine()
        let result = line.withUnsafeBufferPointer { bytes in
            ListingLine.read(bytes) { name, reader throws(ListingLineError) in try reading.take(name, &reader) }
        }
        try result.get()
        guard !reading.repository.isEmpty else { throw .badField("repository") }
        self = reading
    }

    private init() {}

    private mutating func take(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) {
        switch name {
        case "repository": repository = try ListingLine.string(name, &reader)
        case "tag": tag = reader.takeNull() ? nil : try ListingLine.string(name, &reader)
        case "digest": digest = reader.takeNull() ? nil : try Self.digest(name, &reader)
        case "untagged":
            if reader.takeNull() { return }
            do throws(JSONReader.Fault) {
                var isFirst = true
                while try reader.nextElement(&isFirst) {
                    guard let digest = Digest(ifValid: try reader.string()) else { throw reader.fault }
                    untagged.append(digest)
                }
            } catch {
                throw .badField(name)
            }
        default:
            let value = try ListingLine.raw(&reader)
            if !ImageLine.fields.contains(name) { others += ListingLine.field(name, value) }
        }
    }

    private static func digest(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) -> Digest {
        let text = try ListingLine.string(name, &reader)
        guard let digest = Digest(ifValid: text) else { throw .badDigest(text) }
        return digest
    }
}
