import ContentStorage
import OCISpec
import Operations
import StorageIO
import TextValues

/// Conditions on containers as docker reads them: one of the values of a kind must hold, and every label.
struct ContainerConditions {
    private let labels: [ContainerCondition]
    private let others: [[ContainerCondition]]

    init(_ conditions: [ContainerCondition]) {
        labels = conditions.filter { $0.kind == .label }
        others = Array(Dictionary(grouping: conditions.filter { $0.kind != .label }, by: \.kind).values)
    }

    var areAboutStatus: Bool { others.contains { $0.contains(where: \.isAboutStatus) } }

    func match(_ item: FoundContainer) -> Bool {
        labels.allSatisfy { $0.matches(item) } && others.allSatisfy { group in group.contains { $0.matches(item) } }
    }
}

/// A condition on containers, in docker's words.
struct ContainerCondition {
    enum Kind: String, CaseIterable { case status, name, id, ancestor, label, exited, volume, network }

    let kind: Kind
    private let value: String
    /// The value as the name of an image; nil for what cannot be one.
    private let reference: Reference?

    init(_ text: String) throws {
        guard let term = FilterTerm(text), term.relation == .equal, let kind = Kind(rawValue: term.key) else {
            throw CommandError.badOption(
                "--filter", text, expected: "status=, name=, id=, ancestor=, label=, volume=, network= or exited=, with a value")
        }
        self.kind = kind
        value = term.value
        reference = kind == .ancestor ? Self.reference(value) : nil
    }

    /// The name that is looked up; nil for a text that is none, such as an ID.
    private static func reference(_ text: String) -> Reference? {
        Reference(ifValid: text)?.withDefaultTag
    }

    var isAboutStatus: Bool { kind == .status || kind == .exited }

    func matches(_ item: FoundContainer) -> Bool {
        let container = item.container
        switch kind {
        case .status: return item.status.word == value
        case .name: return container.name.contains(value)
        case .id: return container.id.hasPrefix(value)
        case .exited: return item.status.exitStatus.map { "\($0)" } == value
        case .ancestor:
            if container.imageName.isExactly(value) || (reference != nil && Self.reference(container.imageName) == reference) {
                return true
            }
            return container.imageID.hex.hasPrefix(value) || container.imageID.description.hasPrefix(value)
        case .volume:
            return container.settings.mounts.contains { mount in
                mount.target.isExactly(value) || StoredVolumes.name(ofSource: mount.source)?.text.isExactly(value) == true
            }
        case .network: return container.settings.network.rawValue.isExactly(value)
        case .label:
            let label = NameValue(value)
            guard let found = container.config.labels?[ExactText(label.name)] else { return false }
            return label.value?.isExactly(found) ?? true
        }
    }
}
