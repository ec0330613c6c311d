import EngineStores
import OCISpec
import Operations
import Reclamation
import Reports

/// How a host's figures and facts read.
struct HostWords {
    let now: Timestamp
    let settings: ExplorerSettings

    /// Bytes as `df` writes them, or the number alone; `-` where nothing removes it.
    func bytes(_ bytes: Int64?) -> String { settings.text(bytes) }

    /// How long ago something was used.
    func age(_ moment: Timestamp?) -> String { moment.map { AgeText.duration(now.seconds - $0.seconds) } ?? "-" }

    /// The same with how it is known, in a sentence's words.
    func lastUse(_ row: HostRow) -> String {
        guard let moment = row.lastUse, let evidence = row.evidence else { return "not known" }
        return "\(AgeText.text(moment, now: now)), \(moment) (\(evidence.sentence))"
    }

    /// Everything that is known of a row.
    func facts(_ row: HostRow, _ removal: (any HostRemoval)?) -> [(name: String, value: String)] {
        var facts: [(String, String)] = []
        if row.names.isEmpty { facts.append(("Name", "none")) }
        for (place, name) in row.names.enumerated() { facts.append((place == 0 ? "Name" : "", name)) }
        facts += [("Bytes", bytes(row.diskBytes)), ("Frees", bytes(row.freesBytes))]
        if let removal {
            if let refusal = removal.refusal(of: row.item) {
                facts.append(("Stays", refusal.words))
            } else {
                facts.append(("Adds", "\(bytes(removal.addedBytes(by: row.item))) given what is marked"))
            }
        }
        facts.append(("Last use", lastUse(row)))
        facts += row.users.enumerated().map { ($0 == 0 ? "Used by" : "", $1) }
        return facts + row.facts.map { fact($0) }
    }

    private func fact(_ fact: HostRow.Fact) -> (String, String) {
        switch fact {
        case .id(let id): ("ID", id)
        case .path(let path): ("Path", path)
        case .namespace(let namespace): ("Namespace", namespace)
        case .sharedBytes(let count): ("Shared", "\(bytes(count)) that others need too")
        case .uniqueBytes(let count): ("Unique", bytes(count))
        case .cacheHoldsBytes(let count): ("Cache holds", "\(bytes(count)) that go too once the build cache is removed")
        case .created(let moment): ("Created", "\(AgeText.text(moment, now: now)), \(moment)")
        case .imported(let moment): ("Imported", "\(AgeText.text(moment, now: now)), \(moment)")
        case .pinned: ("Pinned", "yes")
        case .image(let name): ("Image", name)
        case .isRunning(let isRunning): ("Running", isRunning ? "yes" : "no")
        case .built(let text): ("Built", text)
        case .leak(let reason): ("Reason", reason.words)
        case .leftover(let kind): ("What", kind.words)
        }
    }
}

extension ReclamationPlan.VictimType {
    /// What goes, in a word: of a name its image stays.
    var word: String { self == .name ? "untag" : rawValue }
}

extension EnginePlan.VictimType {
    /// What goes, in a word: of a name its image stays.
    var word: String { self == .name ? "untag" : rawValue }
}

extension HostTab {
    /// What the list is called.
    var title: String {
        switch self {
        case .images: "Images"
        case .containers: "Containers"
        case .volumes: "Volumes"
        case .cache: "Build cache"
        case .leaked: "Leaked"
        }
    }
}

extension HostRow.Evidence {
    /// In a column.
    var word: String {
        switch self {
        case .noted: "noted"
        case .engine(.link): "link"
        case .engine(.container): "container"
        case .engine(.build): "build"
        case .changed: "changed"
        }
    }

    /// In a sentence.
    var sentence: String {
        switch self {
        case .noted: "noted by strata"
        case .engine(.link): "access time of its top layer's link"
        case .engine(.container): "start or end of a container"
        case .engine(.build): "a build"
        case .changed: "last change of its files"
        }
    }
}

extension HostRow.StoreLeftover {
    /// What it is.
    var words: String {
        switch self {
        case .orphanedBlob: "a blob that nothing needs"
        case .orphanedLayer: "an unpacked layer that no image has"
        case .partialDownload: "a partial download"
        case .trash: "trash, kept for `strata undo`"
        case .deadContainer: "what a killed command left of a container"
        case .expiredPlan: "a plan that has expired"
        case .unexplained: "a file that strata does not know"
        }
    }
}

extension HostProgress {
    /// What a look is at.
    var words: String {
        switch self {
        case .readingReferences: "reading"
        case .countingBytes: "counting bytes"
        case .addingUp: "adding up"
        }
    }
}
