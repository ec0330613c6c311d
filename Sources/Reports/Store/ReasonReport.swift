import ContentStorage
import LayerAnalysis
import LayerArchive
package import OCISpec
package import Operations
import Reclamation

/// `why`: what keeps something, and what an image's layers did to a path.
package struct ReasonReport: Sendable {
    private let subjects: [Reason]
    /// How many chains text shows of each subject.
    private static let shownChains = 20

    /// A report of `subjects`.
    package init(_ subjects: [Reason]) { self.subjects = subjects }

    /// The report as text.
    package func text(_ style: TextStyle) -> String {
        subjects.map { subject in
            switch subject {
            case .item(let answer): Self.text(answer, style)
            case .file(let place, let path): Self.text(place, path)
            case .path(let story): Self.text(story, style)
            }
        }.joined(separator: "\n")
    }

    private static func text(_ answer: StoreReasons.Answer, _ style: TextStyle) -> String {
        let what =
            switch answer.item {
            case .blob: "a blob"
            case .layer: "an unpacked layer"
            }
        let size = answer.diskBytes.map { " of \(ByteText.text($0)) on the disk" } ?? " that the store does not have"
        var text = "\(answer.item.digest): \(what)\(size)\n"
        if !answer.chains.isEmpty { return text + kept(answer.chains, style) }
        if let document = answer.unreadable.first {
            text +=
                "  nothing is known to keep it, but \(PathText.printable(document.title)), which an image needs, cannot be read\n"
        } else if answer.diskBytes != nil {
            text += "  nothing keeps it" + (answer.changed.map { "; it is as it was written on \($0)" } ?? "") + "\n"
        } else {
            text += "  nothing asks for it\n"
        }
        return text
    }

    private static func text(_ place: StorePlace, _ path: String) -> String {
        let what =
            switch place {
            case .blob, .layer: "part of the store"
            case .container(let name): "part of container \(name), and goes with it"
            case .volume(let name): "part of volume \(name), which `strata volume rm` removes"
            case .session(let name): "part of session \(name): a download, or what a killed one left"
            case .cacheRecord: "part of the build cache; `strata builder prune` removes it"
            case .cacheMount(let name):
                "in folder \(name.short), which steps of builds share; `strata builder prune` removes it"
            case .bin(let name): "in the trash, in bin \(name)"
            case .plan(let id): "plan \(id), which `strata apply \(id)` carries out; `strata gc` removes it once it has expired"
            case .catalog: "the catalog, what was learned of the images; it can be had again from them"
            case .own: "the store's own"
            case .stray: "nothing that the store knows of: no command made it, and none needs it"
            }
        return PathText.printable("\(path): \(what)") + "\n"
    }

    private static func text(_ story: PathStory, _ style: TextStyle) -> String {
        let image = PathText.printable(story.image.name ?? story.image.imageID?.short ?? "the image")
        let path = "/" + PathText.display(story.history.path)
        let state = story.history.current.map { describe($0) + ", which shows" } ?? "it does not show"
        var text = "\(path) in \(image): \(state)\n"
        if let asked = story.asked { text = "/\(PathText.display(asked)) leads to \(path)\n" + text }
        var table = TextTable([
            .init("LAYER", .right), .init("DIGEST"), .init("WHAT IT DOES"), .init("INSTRUCTION", shrinksTo: 12),
        ])
        for event in story.history.events {
            let layer = story.layers[event.layer]
            table.add([
                .init("\(event.layer)"), .init(layer.digest.short), .init(words(event), event.isLoss ? .bad : nil),
                .init(AnalysisText.instruction(layer.createdBy), .quiet),
            ])
        }
        text += table.text(style, indent: 2)
        return text + (story.chains.isEmpty ? "" : kept(story.chains, style))
    }

    private static func describe(_ state: PathHistory.State) -> String {
        switch state.kind {
        case .file: "a file of \(ByteText.text(state.size))"
        case .directory: "a directory"
        case .symlink: "a symlink"
        default: "a \(state.kind.reportName)"
        }
    }

    private static func words(_ event: PathHistory.Event) -> String {
        switch event.change {
        case .stored: "stores \(describe(event.state))"
        case .replaced(.metadataOnly): "stores it again, the content unchanged"
        case .replaced(let cause):
            "\(cause == .typeChange ? "puts" : "overwrites it with") \(describe(event.state))"
                + (cause == .typeChange ? " in its place" : "")
        case .hidden(.deleted): "deletes it"
        case .hidden(.opaque): "hides it: a directory above is opaque"
        case .hidden(.typeChange): "hides it: a directory above is replaced"
        case .hidden(let cause): "hides it: \(cause.name)"
        }
    }

    private static func kept(_ chains: [KeepingChain], _ style: TextStyle) -> String {
        var text = style.paint("kept by", .heading) + "\n"
        for chain in chains.prefix(shownChains) {
            text += "  " + PathText.printable(chain.links.map(words).joined(separator: " > ")) + "\n"
        }
        if chains.count > shownChains { text += "  and \(chains.count - shownChains) more\n" }
        return text
    }

    private static func words(_ link: KeepingChain.Link) -> String {
        switch link {
        case .name(let name): name
        case .dangling: "<none>"
        case .container(let id, let name): "container \(name ?? String(id.prefix(12)))"
        case .session(let name): "session \(name)"
        case .cacheRecord(let id, let text): "build cache \(id), \(text)"
        case .manifest(let digest, let platform): "manifest \(digest.short)" + (platform.map { " (\($0))" } ?? "")
        case .layer(let digest, let place): "layer \(place) \(digest.short)"
        default: "\(link.word) \(link.digest?.short ?? "")"
        }
    }

    /// The same as a document.
    package func json() -> JSONValue {
        JSONReport.document("reasons", ["subjects": .array(subjects.map(Self.json))])
    }

    private static func json(_ subject: Reason) -> JSONValue {
        switch subject {
        case .item(let answer):
            let type = if case .blob = answer.item { "blob" } else { "unpackedLayer" }
            return .object([
                "type": .string(type), "digest": .string(answer.item.digest.description),
                "diskBytes": .optional(answer.diskBytes), "changed": .optional(answer.changed?.description),
                "keptBy": .array(answer.chains.map(json)),
                "unreadable": .array(answer.unreadable.map { .string($0.title) }),
            ])
        case .file(let place, let path):
            return .object(["type": .string(place.word), "path": .string(path), "keptBy": .array([])])
        case .path(let story):
            return .object(
                PathText.fields(story.history.path).merging([
                    "type": .string("path"), "image": .optional(story.image.name ?? story.image.imageID?.description),
                    "shows": .optional(story.history.current?.kind.reportName),
                    "bytes": .optional(story.history.current?.size), "keptBy": .array(story.chains.map(json)),
                    "events": .array(story.history.events.map { json($0, story) }),
                ]) { own, _ in own })
        }
    }

    private static func json(_ event: PathHistory.Event, _ story: PathStory) -> JSONValue {
        let (change, cause): (String, WasteCause?) =
            switch event.change {
            case .stored: ("stored", nil)
            case .replaced(let cause): ("replaced", cause)
            case .hidden(let cause): ("hidden", cause)
            }
        return .object([
            "layer": .count(event.layer), "digest": .string(story.layers[event.layer].digest.description),
            "change": .string(change), "cause": .optional(cause?.name), "kind": .string(event.state.kind.reportName),
            "bytes": .integer(event.state.size), "createdBy": .optional(story.layers[event.layer].createdBy),
        ])
    }

    private static func json(_ chain: KeepingChain) -> JSONValue {
        .array(
            chain.links.map { link in
                var fields: JSONFields = ["link": .string(link.word), "digest": .optional(link.digest?.description)]
                switch link {
                case .name(let name): fields["name"] = .string(name)
                case .container(let id, let name):
                    fields["id"] = .string(id)
                    fields["name"] = .optional(name)
                case .session(let name): fields["id"] = .string(name)
                case .cacheRecord(let id, _): fields["id"] = .string(id)
                case .manifest(_, let platform): fields["platform"] = .optional(platform?.description)
                case .layer(_, let place): fields["layer"] = .count(place)
                default: break
                }
                return .object(fields)
            })
    }
}

extension PathHistory.Event {
    fileprivate var isLoss: Bool {
        switch change {
        case .stored: false
        case .replaced, .hidden: true
        }
    }
}

extension StorePlace {
    fileprivate var word: String {
        switch self {
        case .blob: "blob"
        case .layer: "unpackedLayer"
        case .container: "container"
        case .volume: "volume"
        case .session: "session"
        case .cacheRecord: "cacheRecord"
        case .cacheMount: "cacheMount"
        case .bin: "trash"
        case .plan: "plan"
        case .catalog: "catalog"
        case .own: "own"
        case .stray: "stray"
        }
    }
}

extension KeepingChain.Link {
    fileprivate var word: String {
        switch self {
        case .name: "name"
        case .dangling: "dangling"
        case .container: "container"
        case .session: "session"
        case .cacheRecord: "cacheRecord"
        case .index: "index"
        case .manifest: "manifest"
        case .attestation: "attestation"
        case .subject: "subject"
        case .referrer: "referrer"
        case .config: "config"
        case .layer: "layer"
        case .unpackedLayer: "unpackedLayer"
        case .blob: "blob"
        }
    }

    fileprivate var digest: Digest? {
        switch self {
        case .name, .dangling, .container, .session, .cacheRecord: nil
        case .index(let digest), .manifest(let digest, _), .attestation(let digest), .subject(let digest), .referrer(let digest),
            .config(let digest), .layer(let digest, _), .unpackedLayer(let digest), .blob(let digest):
            digest
        }
    }
}
