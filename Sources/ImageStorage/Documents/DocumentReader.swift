package import ContentStorage
package import OCISpec
package import StorageIO

/// Reads the documents of a store as facts: each is decoded once, and remembered by the catalog for as long as its file stays
/// what it was.
///
/// What is remembered is asked for whole, which suits whoever looks at all images. A file that was written since it was
/// remembered is read and hashed anew, so damage is seen; what changes no status is for `fsck` to find. Documents are named
/// by their digest, so facts never go stale: only presence does, and it is looked up when a document is asked for first, or
/// is assumed until `confirm` has seen all files, for whoever looks at those in any case. Not for several threads.
package final class DocumentReader {
    /// What a document is in the store.
    package enum Answer {
        /// It is there, and says this.
        case facts(DocumentFacts)
        case absent
        /// It is there, and is not what its digest names, or cannot be read or decoded.
        indirect case unreadable(ImageError)
    }

    /// What is known of one digest.
    private final class Document {
        /// What it said when it was read, now or long ago.
        var remembered: RememberedDocument?
        /// What it is taken to be, by the kinds that it was asked as: hardly ever more than one.
        var answers: [(kind: DocumentFacts.Kind, answer: Answer)] = []
        /// Since which look the answers hold.
        var look = 0
        /// The last look that saw the file as it is remembered.
        var seenLook = -1

        init(_ remembered: RememberedDocument? = nil) { self.remembered = remembered }
    }

    private let content: ContentStore
    private let catalog: Catalog
    /// What the catalog had noted of images when the reader was made.
    let moments: [Digest: ImageMoments]
    private var documents: [Digest: Document] = [:]
    /// What the catalog does not know yet.
    private var news: Set<Digest> = []
    /// How many times presence was forgotten.
    private var look = 0
    /// What was taken to be there as it is remembered; nil while files are looked at.
    private var assumed: [(digest: Digest, stamp: DocumentStamp)]?
    /// The directories of blobs that this look has opened; nil for one that is not there.
    private var folders: [Digest.Algorithm: Directory?] = [:]

    /// A reader of the documents of `store`; the catalog is asked at once.
    package init(_ store: ImageStore) {
        content = store.content
        catalog = store.catalog
        moments = catalog.imageMoments()
        let remembered = catalog.rememberedDocuments()
        documents.reserveCapacity(remembered.count)
        for (digest, document) in remembered { documents[digest] = Document(document) }
    }

    /// What the document says.
    ///
    /// `status` is what the caller saw under the blob's name, when it has looked.
    package func facts(_ digest: Digest, as kind: DocumentFacts.Kind, status: FileStatus? = nil) -> Answer {
        let document = document(digest)
        if let known = document.answers.first(where: { $0.kind == kind }) { return known.answer }
        let answer = answer(digest, kind, status, document)
        document.answers.append((kind, answer))
        return answer
    }

    private func document(_ digest: Digest) -> Document {
        guard let document = documents[digest] else {
            let document = Document()
            document.look = look
            documents[digest] = document
            return document
        }
        if document.look != look {
            document.answers = []
            document.look = look
        }
        return document
    }

    /// Forgets which documents were there: another process may have brought or removed some.
    package func forgetPresence() {
        look += 1
        folders = [:]
    }

    /// Looks at the files of all that is remembered at once, on all cores, for whoever is going to ask for most of it.
    ///
    /// What is not as it is remembered, or cannot be looked at, is looked at again when it is asked for, and told then.
    package func lookAhead() {
        for algorithm in Digest.Algorithm.allCases {
            let known = documents.filter { $0.key.algorithm == algorithm && $0.value.remembered != nil }
                .map { (name: $0.key.hex, document: $0.value) }
            guard !known.isEmpty, let statuses = statuses(known.map(\.name), algorithm) else { continue }
            for case (let (_, document), let status?) in zip(known, statuses)
            where status.kind == .file && document.remembered?.stamp == DocumentStamp(status) {
                document.seenLook = look
            }
        }
    }

    private func statuses(_ names: [String], _ algorithm: Digest.Algorithm) -> [FileStatus?]? {
        do throws(ContentError) {
            guard let folder = try folder(algorithm) else { return nil }
            return try lift(try folder.statuses(names), to: ContentError.init)
        } catch {
            // Nothing counts as seen, so each document is looked at by itself, and what fails there is told.
            return nil
        }
    }

    /// From now on what is remembered counts as there and unchanged, until `confirm`.
    package func assumePresence() { assumed = [] }

    /// Compares the files with what was assumed, and ends assuming; false where one is not as assumed, so that all answers since
    /// then are void.
    ///
    /// `status` is what was seen under the blob's name; nil where there is none.
    package func confirm(_ status: (Digest) -> FileStatus?) -> Bool {
        let claims = assumed ?? []
        assumed = nil
        let isRight = claims.allSatisfy { claim in
            guard let found = status(claim.digest) else { return false }
            return found.kind == .file && DocumentStamp(found) == claim.stamp
        }
        if !isRight { forgetPresence() }
        return isRight
    }

    /// Whether the catalog does not know all yet that was decoded.
    package var hasNews: Bool { !news.isEmpty }

    /// Tells the catalog what was decoded anew.
    package func save() {
        catalog.remember(news.compactMap { digest in documents[digest]?.remembered.map { (digest, $0) } }, forgetting: [])
        news = []
    }

    /// Reads what these roots lead to and nobody remembers, on all cores.
    ///
    /// Asked for one by one, each document would wait for the one before. What cannot be read is left for whoever asks for it.
    func learn(_ roots: [Descriptor]) {
        var wanted = roots.map { (digest: $0.digest, kind: DocumentFacts.Kind(entry: $0)) }
        for _ in 0...ImageStore.maxDepth {
            var seen: Set<Digest> = []
            let unknown = wanted.filter { documents[$0.digest]?.remembered == nil && seen.insert($0.digest).inserted }
            guard unknown.count > 1 else { return }
            let content = content
            let found = unknown.mapTogether { Self.read($0.digest, $0.kind, content) }
            wanted = []
            for case (let (digest, _), let remembered?) in zip(unknown, found) {
                let document = document(digest)
                document.remembered = remembered
                document.seenLook = look
                news.insert(digest)
                remembered.facts.forEachLink { link in if let kind = link.kind { wanted.append((link.digest, kind)) } }
            }
        }
    }

    /// What a document says, with its file's stamp; nil where it is not there, cannot be read, or is nothing to remember.
    private static func read(_ digest: Digest, _ kind: DocumentFacts.Kind, _ content: ContentStore) -> RememberedDocument? {
        do throws(ImageError) {
            let status = try lift(try lift(try content.blobs.status(of: digest), to: ContentError.init), to: ImageError.content)
            guard let status, status.kind == .file else { return nil }
            let facts = try facts(digest, kind, status, content)
            return facts == .opaque ? nil : RememberedDocument(stamp: DocumentStamp(status), facts: facts)
        } catch {
            // Whoever asks for it reads it again, and is told.
            return nil
        }
    }

    private static func facts(
        _ digest: Digest, _ kind: DocumentFacts.Kind, _ status: FileStatus, _ content: ContentStore
    ) throws(ImageError) -> DocumentFacts {
        let bytes = try lift(try content.documentBytes(digest, as: kind, status), to: ImageError.content)
        guard let bytes else { return .other(OtherFacts([])) }
        do { return try DocumentFacts(decoding: bytes, as: kind) } catch {
            throw .badDocument(digest, error)
        }
    }

    private func answer(_ digest: Digest, _ kind: DocumentFacts.Kind, _ seen: FileStatus?, _ document: Document) -> Answer {
        if let known = document.remembered, known.facts.answers(kind) {
            if document.seenLook == look { return .facts(known.facts) }
            if assumed != nil {
                assumed?.append((digest, known.stamp))
                return .facts(known.facts)
            }
        }
        do {
            let found = if let seen { Optional(seen) } else { try lift(try status(digest), to: ImageError.content) }
            guard let status = found else { return .absent }
            guard status.kind == .file else { return .unreadable(.content(.blobNotAFile(digest))) }
            let stamp = DocumentStamp(status)
            if let known = document.remembered, known.stamp == stamp, known.facts.answers(kind) { return .facts(known.facts) }
            let facts = try Self.facts(digest, kind, status, content)
            // What leads nowhere when asked as one kind may lead somewhere when asked as another.
            if facts != .opaque {
                document.remembered = RememberedDocument(stamp: stamp, facts: facts)
                news.insert(digest)
            }
            return .facts(facts)
        } catch .content(.blobAbsent) {
            return .absent
        } catch {
            return .unreadable(error)
        }
    }

    private func status(_ digest: Digest) throws(ContentError) -> FileStatus? {
        let folder = try folder(digest.algorithm)
        return try lift(try folder?.status(digest.hex), to: ContentError.init)
    }

    private func folder(_ algorithm: Digest.Algorithm) throws(ContentError) -> Directory? {
        if let folder = folders[algorithm] { return folder }
        do {
            let folder = try content.blobs.folder(algorithm)
            folders[algorithm] = .some(folder)
            return folder
        } catch {
            throw ContentError(error)
        }
    }
}

extension ContentStore {
    /// The bytes of a document, its digest compared; nil for what is too large to be one and does not look like one, such as a layer.
    package func documentBytes(
        _ digest: Digest, as kind: DocumentFacts.Kind, _ status: FileStatus
    ) throws(ContentError) -> [UInt8]? {
        guard kind == .unknown, status.sizeBytes > DocumentLimits.default.maxBytes else { return try blobs.read(digest) }
        let blob = try blobs.open(digest)
        var start = [UInt8](repeating: 0, count: 4096)
        do throws(StorageError) {
            let count = try blob.file.readSome(into: &start, at: 0)
            start.removeLast(start.count - count)
        } catch {
            throw ContentError(error)
        }
        guard DigestMention.mayBeObject(start) else { return nil }
        return try blobs.read(digest, limit: DocumentFacts.unknownLimits.maxBytes)
    }
}

extension DocumentFacts {
    /// For documents of types that are not known, which are only looked through: larger than others may be.
    static let unknownLimits = DocumentLimits.stored

    /// What a document of these bytes says; nothing that was learned before is asked.
    package init(decoding bytes: [UInt8], as kind: Kind) throws(DocumentError) {
        switch kind {
        case .index, .manifest:
            // Which of the two it is, it says itself.
            switch try decodeDocument(ImageDocument.self, from: bytes, limits: .stored) {
            case .index(let index): self = .index(IndexFacts(index, DigestMention.all(in: bytes)))
            case .manifest(let manifest): self = .manifest(ManifestFacts(manifest, DigestMention.all(in: bytes)))
            }
        case .config:
            // Some artifacts call anything an image config; it leads nowhere, so nothing is lost by not understanding it.
            do throws(DocumentError) {
                self = .config(ConfigFacts(try decodeDocument(ImageConfigOutline.self, from: bytes, limits: .stored)))
            } catch {
                self = .opaque
            }
        case .unknown:
            guard DigestMention.mayBeObject(bytes) else {
                self = .other(OtherFacts([]))
                return
            }
            try checkDocument(bytes, limits: Self.unknownLimits)
            self = Self.imageDocument(bytes) ?? .other(OtherFacts(DigestMention.all(in: bytes)))
        }
    }

    /// What an index or a manifest by its own word says; nil for what is neither, or only looks like one: every digest in it is kept then.
    private static func imageDocument(_ bytes: [UInt8]) -> DocumentFacts? {
        do throws(DocumentError) {
            guard try decodeDocument(DocumentShape.self, from: bytes, limits: .stored).kind != nil else { return nil }
            return try DocumentFacts(decoding: bytes, as: .manifest)
        } catch {
            // Nothing is lost: every digest that its bytes mention is kept.
            return nil
        }
    }
}

extension DocumentFacts {
    fileprivate func answers(_ kind: Kind) -> Bool {
        switch (self, kind) {
        case (.config, .config), (.other, .unknown): true
        case (.index, _), (.manifest, _): kind != .config
        default: false
        }
    }
}
