import ContentStorage
package import OCISpec

extension ImageStore {
    /// The manifest or index that a text means: a whole digest, or the beginning of one that nobody takes for a name, a name (short or
    /// full), a bare name as another tool wrote it, or another beginning of an image ID or of a manifest's digest, in this order.
    ///
    /// A beginning that fits several images is `.ambiguous`. Where an ID is that of one platform's image, the result is that
    /// image's manifest, not the index it stands in.
    package func resolve(_ text: String) throws(ImageError) -> Descriptor {
        try resolve(text, in: try names())
    }

    /// The same among the entries of one state of `index.json`.
    func resolve(_ text: String, in names: [NamedImage]) throws(ImageError) -> Descriptor {
        let parsed = Self.parse(text)
        if case .success(.digest(let digest)) = parsed {
            guard let found = try match(digest.hex, algorithm: digest.algorithm, text: text, in: names) else {
                throw .noSuchImage(text)
            }
            return found
        }
        let id = IDPrefix(text)
        let named = id?.hasScheme == true ? nil : try named(parsed, text, in: names)
        if let named, id?.goesBeforeNames != true { return named }
        if let id {
            do {
                if let found = try match(id.digits, algorithm: .sha256, text: text, in: names) { return found }
            } catch {
                // Where no ID is found that may be for a damaged image, and the name is there.
                guard let named else { throw error }
                return named
            }
        }
        if let named { return named }
        // A truncated `sha256:…` is an ID that no image has.
        if case .failure(let error) = parsed, id == nil { throw .badName(error) }
        throw .noSuchImage(text)
    }

    /// The entry that has a text for its name.
    private func named(
        _ parsed: Result<ImageName, ReferenceError>, _ text: String, in names: [NamedImage]
    ) throws(ImageError) -> Descriptor? {
        if case .success(.reference(let reference)) = parsed, let found = try match(reference.withDefaultTag, in: names) {
            return found
        }
        return names.last { $0.name == .bare(text) }?.descriptor
    }

    static func parse(_ text: String) -> Result<ImageName, ReferenceError> {
        do throws(ReferenceError) { return .success(try ImageName(parsing: text)) } catch { return .failure(error) }
    }

    /// The entry of a name.
    ///
    /// A name with a digest also means the image of that digest under any name of the repository.
    func match(_ reference: Reference, in names: [NamedImage]) throws(ImageError) -> Descriptor? {
        if let entry = names.last(where: { $0.name == .reference(reference) }) { return entry.descriptor }
        guard let digest = reference.digest else { return nil }
        for entry in names {
            guard case .reference(let other) = entry.name, other.repository == reference.repository else { continue }
            if entry.descriptor.digest == digest { return entry.descriptor }
            if MediaType.isIndex(entry.descriptor.mediaType) {
                let listed = try manifests(of: entry.descriptor).first { $0.descriptor.digest == digest }
                if let listed { return listed.descriptor }
            }
        }
        return nil
    }

    private func match(
        _ prefix: String, algorithm: Digest.Algorithm, text: String, in names: [NamedImage]
    ) throws(ImageError) -> Descriptor? {
        try CandidateSearch(self, names).find(prefix, algorithm: algorithm, text: text)
    }
}
