// https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys

package import OCISpec

/// The name that an entry of `index.json` bears, in whichever way a tool wrote it.
package enum EntryName: Sendable {
    /// A full name.
    case reference(Reference)
    /// A name that says no repository, such as the tag `latest`: other tools name the images of one layout so.
    case bare(String)

    /// The repository in its short form, and the tag, as listings have a column for each.
    package var columns: (repository: String?, tag: String?) {
        switch self {
        case .reference(let reference): (reference.familiarRepository, reference.tag)
        case .bare(let text): (nil, text)
        }
    }

    /// The annotation of the image-spec.
    package static let refNameKey: ExactText = "org.opencontainers.image.ref.name"
    /// The annotation of containerd and Docker, always a full name.
    package static let imageNameKey: ExactText = "io.containerd.image.name"

    /// Reads the name off an entry's annotations; nil for an entry without one.
    ///
    /// The image-spec's annotation is what other tools edit, so it goes before containerd's: a full name in it is the name;
    /// a bare tag in it counts as the tag of containerd's name where that has the same, which is how Docker writes it.
    package init?(annotations: [ExactText: String]?) {
        guard let annotations else { return nil }
        let imageName = { annotations[Self.imageNameKey].flatMap(Self.reference) }
        guard let refName = annotations[Self.refNameKey], !refName.isEmpty else {
            guard let name = imageName() else { return nil }
            self = .reference(name)
            return
        }
        if refName.utf8.contains(where: Self.isOfFullName), let reference = Self.reference(refName) {
            self = .reference(reference)
        } else if let name = imageName(), name.tag == refName {
            self = .reference(name)
        } else {
            self = .bare(refName)
        }
    }

    /// Whether a name with the byte may be a full one.
    private static func isOfFullName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "@")
    }

    /// The name whose `text` this is.
    package init(whole text: String) {
        let reference = Reference(ifValid: text)
        self = reference?.full == text ? reference.map(EntryName.reference) ?? .bare(text) : .bare(text)
    }

    /// The full name, or the bare one as it stands.
    package var text: String {
        switch self {
        case .reference(let reference): reference.full
        case .bare(let text): text
        }
    }

    /// The tag; a bare name is one.
    var tag: String? {
        switch self {
        case .reference(let reference): reference.tag
        case .bare(let text): text
        }
    }

    /// The name as docker shows it.
    package var familiar: String {
        switch self {
        case .reference(let reference): reference.familiar
        case .bare(let text): text
        }
    }

    /// What another tool wrote need not be a name; then it is none.
    private static func reference(_ text: String) -> Reference? {
        Reference(ifValid: text)?.withDefaultTag
    }
}

extension EntryName: Hashable {
    /// Whether the names are the same to their last byte.
    package static func == (left: EntryName, right: EntryName) -> Bool {
        switch (left, right) {
        case (.reference(let left), .reference(let right)): left == right
        case (.bare(let left), .bare(let right)): left.isExactly(right)
        default: false
        }
    }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) {
        switch self {
        case .reference(let reference): hasher.combine(reference)
        case .bare(let text): hasher.combine(ExactText(text))
        }
    }
}

extension Descriptor {
    /// The name that the descriptor bears as an entry of `index.json`.
    package var entryName: EntryName? { EntryName(annotations: annotations) }

    /// Whether it has the name's annotation of the image-spec.
    var hasRefName: Bool { annotations?[EntryName.refNameKey]?.isEmpty == false }

    /// The descriptor under a name, written both ways, or under none; other annotations stay.
    package func named(_ reference: Reference?) -> Descriptor {
        var copy = self
        var annotations = copy.annotations ?? [:]
        annotations[EntryName.refNameKey] = reference?.full
        annotations[EntryName.imageNameKey] = reference?.full
        copy.annotations = annotations.isEmpty ? nil : annotations
        return copy
    }
}
