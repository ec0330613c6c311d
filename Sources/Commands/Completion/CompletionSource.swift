import ContentStorage
import EngineStores
import ImageStorage
import ImageTransfer
import OCISpec
import StorageIO
import SystemPackage

/// Looks up what a value may be, in the store where there is one; nothing is written and no lock is taken.
struct CompletionSource {
    private let store: ContentStore?

    /// Opens the store at that path; one that is not there has nothing in it.
    init(store path: String?) throws(ContentError) {
        guard let path else {
            store = nil
            return
        }
        do throws(ContentError) { store = try ContentStore.open(at: FilePath(path), create: false) } catch {
            guard case .absent = error else { throw error }
            store = nil
        }
    }

    /// What a value that begins with `text` may become.
    func answer(for subject: CompletionSubject, text: String) throws -> CompletionAnswer {
        switch subject {
        case .images: CompletionAnswer(try images(text), beginning: text)
        case .sources: try sources(text)
        case .repositories: CompletionAnswer(try repositories(), beginning: text)
        case .registries: CompletionAnswer(try registries(), beginning: text)
        case .containers: CompletionAnswer(try containers(), beginning: text)
        case .containerPaths:
            CompletionAnswer(
                try containers().map { CompletionCandidate($0.text + ":", about: $0.about) }, beginning: text,
                paths: text.utf8.contains(UInt8(ascii: ":")) ? .none : .files)
        case .imagesAndContainers: CompletionAnswer(try containers() + images(text), beginning: text)
        case .plans: CompletionAnswer(try plans(), beginning: text, paths: .files)
        case .volumes: CompletionAnswer(try volumes(":"), beginning: text, paths: .dirs)
        case .volumeNames: CompletionAnswer(try volumes(), beginning: text)
        case .networks:
            CompletionAnswer(
                try ["bridge", "host", "none"].map { CompletionCandidate($0) }
                    + networks().filter { $0.text != StoredNetworks.usualName }, beginning: text)
        case .networkNames: CompletionAnswer(try networks(), beginning: text)
        case .words(let words): CompletionAnswer(words.map { CompletionCandidate($0) }, beginning: text)
        case .conditions(let keys): try conditions(keys, text)
        case .files: CompletionAnswer(paths: .files)
        case .directories: CompletionAnswer(paths: .dirs)
        case .free: CompletionAnswer()
        }
    }

    /// Names as listings show them; in full where the text begins a full one that is not shown so.
    private func images(_ text: String) throws -> [CompletionCandidate] {
        var seen: Set<ExactText> = []
        return try names().compactMap { name in
            let shown = name.familiar.utf8.starts(with: text.utf8) ? name.familiar : name.text
            return seen.insert(ExactText(shown)).inserted ? CompletionCandidate(shown) : nil
        }
    }

    private func names() throws -> [EntryName] { try store?.index.read().manifests.compactMap(\.entryName) ?? [] }

    private func repositories() throws -> [CompletionCandidate] {
        Self.candidates(try names().compactMap(\.columns.repository))
    }

    private func registries() throws -> [CompletionCandidate] {
        Self.candidates(
            try names().compactMap { name in
                guard case .reference(let reference) = name else { return nil }
                return reference.domain
            })
    }

    private static func candidates(_ texts: [String]) -> [CompletionCandidate] {
        Set(texts.map { ExactText($0) }).map(\.text).sorted().map { CompletionCandidate($0) }
    }

    /// Names, and IDs where a container has no name; damaged ones are `fsck`'s.
    private func containers() throws -> [CompletionCandidate] {
        try store?.containers.all().compactMap { id, record in
            guard case .success(let record) = record else { return nil }
            return CompletionCandidate(record.name ?? id.text, about: record.name == nil ? "" : String(id.text.prefix(12)))
        } ?? []
    }

    private func plans() throws -> [CompletionCandidate] {
        try store?.plans.ids().map { CompletionCandidate($0.text) } ?? []
    }

    private func volumes(_ end: String = "") throws -> [CompletionCandidate] {
        try store?.volumes.names().map { CompletionCandidate($0.text + end) } ?? []
    }

    private func networks() throws -> [CompletionCandidate] {
        try store?.networks.names().map { CompletionCandidate($0.text) } ?? []
    }

    /// Names, transports, and paths, also behind a transport that takes one.
    private func sources(_ text: String) throws -> CompletionAnswer {
        for kind in SourceKind.allCases where text.utf8.starts(with: "\(kind.rawValue):".utf8) {
            return CompletionAnswer(paths: .files).behind("\(kind.rawValue):")
        }
        var candidates = try images(text)
        // Where nothing is typed the names are what is looked for.
        if !text.isEmpty { candidates += Self.transports }
        return CompletionAnswer(candidates, beginning: text, paths: .files)
    }

    private static let transports =
        (SourceKind.allCases.map { $0.rawValue + ":" } + ["docker://", "docker-daemon:", "containers-storage:", "containerd:"])
        .map { CompletionCandidate($0, about: "transport") }

    /// Keys with their relations, then the values of one.
    private func conditions(_ keys: [CompletionSubject.FilterKey], _ text: String) throws -> CompletionAnswer {
        guard let key = keys.first(where: { text.utf8.starts(with: $0.text.utf8) }) else {
            return CompletionAnswer(keys.map { CompletionCandidate($0.text) }, beginning: text)
        }
        let value = String(decoding: text.utf8.dropFirst(key.text.utf8.count), as: UTF8.self)
        let subject: CompletionSubject =
            switch key.values {
            case .images: .images
            case .containers: .containers
            case .volumes: .volumeNames
            case .networks: .networks
            case .words(let words): .words(words)
            }
        return try answer(for: subject, text: value).behind(key.text)
    }
}
