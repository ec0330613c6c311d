import OCISpec

extension EngineImages {
    /// The images that a text means: by a name as the engine has it, else by a name that is the same in full, else by an ID or the beginning
    /// of one; several only where it is not clear which.
    ///
    /// A text for containerd's images begins with a namespace; without one `namespace` is looked into, else all of them. An image that is in
    /// several of them is one.
    package func find(_ text: String, namespace: String? = nil) -> [EngineListedImage] {
        guard engine == .containerd else { return distinct(find(text, in: listed)) }
        let spaces = Set(listed.compactMap(\.namespace))
        if let slash = text.firstIndex(of: "/"), spaces.contains(String(text[..<slash])) {
            let own = listed.filter { $0.namespace == String(text[..<slash]) }
            let found = find(String(text[text.index(after: slash)...]), in: own)
            if !found.isEmpty { return distinct(found) }
        }
        return distinct(find(text, in: namespace.map { wanted in listed.filter { $0.namespace == wanted } } ?? listed))
    }

    private func find(_ text: String, in images: [EngineListedImage]) -> [EngineListedImage] {
        let exact = images.filter { image in image.names.contains { $0.isExactly(text) } }
        if !exact.isEmpty { return exact }
        for wanted in meanings(text) {
            let named = images.filter { Self.isNamed($0, wanted) }
            if !named.isEmpty { return named }
        }
        return images.filter { Self.isBeginning(text, of: $0) }
    }

    /// What a name may mean: podman's images have `localhost` or any registry before what is typed without one.
    private func meanings(_ text: String) -> [(Reference) -> Bool] {
        guard let wanted = Reference(ifValid: text) else { return [] }
        let named = { (other: Reference) in other.withDefaultTag == wanted.withDefaultTag }
        let isBare = wanted.domain == Reference.defaultDomain && !text.utf8.starts(with: "\(Reference.defaultDomain)/".utf8)
        guard engine == .podman, isBare, let local = Reference(ifValid: "localhost/\(text)") else { return [named] }
        let tail = "/\(local.path)"
        return [
            { named($0) || $0.withDefaultTag == local.withDefaultTag },
            { other in
                let (other, local) = (other.withDefaultTag, local.withDefaultTag)
                return other.repository.hasSuffix(tail) && other.tag == local.tag && other.digest == local.digest
            },
        ]
    }

    /// Whether one of the image's names has the meaning; each stands for the same repository with the image's own digests too.
    private static func isNamed(_ image: EngineListedImage, _ meaning: (Reference) -> Bool) -> Bool {
        image.names.contains { name in
            guard let reference = Reference(ifValid: name) else { return false }
            if meaning(reference) { return true }
            return image.digests.contains { digest in
                Reference(ifValid: "\(reference.repository)@\(digest)").map(meaning) ?? false
            }
        }
    }

    private static func isBeginning(_ text: String, of image: EngineListedImage) -> Bool {
        let scheme = "sha256:"
        let digits = text.utf8.starts(with: scheme.utf8) ? text.utf8.dropFirst(scheme.utf8.count) : text.utf8[...]
        guard (1...64).contains(digits.count), digits.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return false }
        // Kubernetes names images by the digests of their configurations as well.
        return image.id.hex.utf8.starts(with: digits)
            || image.names.contains {
                $0.utf8.starts(with: scheme.utf8) && $0.utf8.dropFirst(scheme.utf8.count).starts(with: digits)
            }
    }

    private func distinct(_ images: [EngineListedImage]) -> [EngineListedImage] {
        var seen: Set<Digest> = []
        return images.sorted { ($0.title, $0.id.hex) < ($1.title, $1.id.hex) }.filter { seen.insert($0.id).inserted }
    }
}
