package import ContentStorage
package import EngineStores
import ImageStorage
package import OCISpec
import StorageIO

/// What marked things of an engine's root come to: the plan that takes exactly these, what it frees, and what of them stays and why.
package struct EngineRemoval: MarkedRemoval {
    /// What was marked.
    package let marks: Set<EngineMark>
    /// Of these, what does not go.
    package private(set) var left: [EngineMark: MarkRefusal] = [:]
    private let engine: MarkedEngine
    private var place: LeavingEngineImages

    /// The removal of these and nothing else.
    init(_ engine: MarkedEngine, _ marks: Set<EngineMark>) {
        self.engine = engine
        self.marks = marks
        place = engine.pristine
        var going: Set<EngineMark> = []
        for mark in marks { if let refusal = engine.refusal(of: mark) { left[mark] = refusal } else { going.insert(mark) } }
        let leaks = going.filter(\.isLeak)
        if leaks.count == going.count {
            place.removeLeaks(of: engine.inventory, engine.disk) { going.contains(.leak($0.path)) }
            return
        }
        for leak in leaks { left[leak] = .leaksAlone }
        let containers = going.reduce(into: Set<PathPart>()) { if case .container(let id) = $1 { $0.insert(id) } }
        for (id, reason) in place.removeContainers(containers) { left[.container(id)] = .kept(reason) }
        takeImages(going)
        takeNames(going)
        let records = going.reduce(into: Set<String>()) { if case .record(let id) = $1 { $0.insert(id) } }
        for id in place.removeRecords(records) { left[.record(id)] = .kept(Self.builtUpon) }
    }

    private static let builtUpon = "another record was built on it"

    /// Allocated bytes that the file system gets back when all of them go.
    package var freesBytes: Int64 { place.freed.fileSystem }

    /// How many of them go.
    package var count: Int { marks.count - left.count }

    /// Each image after those that the engine removes before it.
    private mutating func takeImages(_ going: Set<EngineMark>) {
        let marked = going.compactMap { mark -> Digest? in if case .image(let image) = mark { image } else { nil } }
        // With the last of its names an image goes.
        var waiting = Set(marked + engine.images.keys.filter { engine.goesByNames($0, going) }).sorted()
        while true {
            let next = waiting.filter { place.keeper(of: $0) == nil }
            for image in next {
                if let summary = engine.summaries[image] { _ = place.remove(summary, reason: "marked", isForBudget: false) }
            }
            if next.isEmpty { break }
            let taken = Set(next)
            waiting.removeAll { taken.contains($0) }
        }
        for image in waiting { leave(image, .kept(place.keeper(of: image) ?? "")) }
    }

    /// Notes that an image stays, by whatever marks it was to go.
    private mutating func leave(_ image: Digest, _ refusal: MarkRefusal) {
        if marks.contains(.image(image)) { left[.image(image)] = refusal }
        for name in engine.images[image]?.names ?? [] where marks.contains(.name(name, image)) {
            left[.name(name, image)] = refusal
        }
    }

    /// Single names of images that have others.
    private mutating func takeNames(_ going: Set<EngineMark>) {
        let isAboutNames = going.contains { if case .name = $0 { true } else { false } }
        guard isAboutNames else { return }
        for image in engine.images.values.sorted(by: { $0.mark < $1.mark }) {
            let names = image.names.filter { going.contains(.name($0, image.mark)) && !going.contains(.image(image.mark)) }
            guard !names.isEmpty, !engine.goesByNames(image.mark, going), let summary = engine.summaries[image.mark] else {
                continue
            }
            for name in names {
                if let entry = summary.entry(named: name) {
                    place.untag(entry, of: summary, reason: "marked")
                } else {
                    left[.name(name, image.mark)] = .gone
                }
            }
        }
    }

    // What is asked of one

    /// What keeps one that is marked or not from going with the others; nil where nothing does.
    package func refusal(of mark: EngineMark) -> MarkRefusal? {
        if let refusal = left[mark] ?? engine.refusal(of: mark) { return refusal }
        if marks.contains(mark) { return nil }
        if marks.contains(where: { $0.isLeak != mark.isLeak && left[$0] == nil }) { return .leaksAlone }
        switch mark {
        case .image(let image): return place.keeper(of: image).map(MarkRefusal.kept)
        case .record(let id): return place.isBuiltUpon(id) ? .kept(Self.builtUpon) : nil
        case .name: return engine.removal(of: marks.union([mark])).left[mark]
        case .container(let id): return place.keeper(ofContainer: id).map(MarkRefusal.kept)
        case .leak: return nil
        }
    }

    /// What one adds given the others: what is freed with it less what is freed without it, whether it is marked or not.
    package func addedBytes(by mark: EngineMark) -> Int64 {
        if case .image(let image) = mark, !engine.imagesKeepImages, !engine.goesByNames(image, marks) {
            if refusal(of: mark) != nil { return 0 }
            return (marks.contains(mark) ? place.freedAmong(image) : place.freedIfRemoved(image)).fileSystem
        }
        let other = engine.removal(of: marks.symmetricDifference([mark]))
        return marks.contains(mark) ? freesBytes - other.freesBytes : other.freesBytes - freesBytes
    }

    /// Of what the marked images need and what stays: who else keeps it, and how much; the most first.
    package func keepings() -> [MarkKeeping] { place.keepings().sorted() }

    /// The plan of exactly these; what does not go is kept in it with `describe`'s reason.
    package func plan(id: PlanID, of plan: EnginePlan.Engine, _ describe: (MarkRefusal) -> String) -> EnginePlan {
        let kept = left.map { ReclamationPlan.Kept(name: name(of: $0), reason: describe($1)) }.sorted { $0.name < $1.name }
        return EnginePlan(id: id, engine: plan, victims: place.victims, kept: kept)
    }

    private func name(of mark: EngineMark) -> String {
        switch mark {
        case .image(let image): engine.images[image]?.label ?? image.description
        case .name(let name, _): name
        case .record(let id): id
        case .container(let id): engine.containers[id]?.label ?? id.text
        case .leak(let path): path
        }
    }
}

extension ImageSummary {
    /// The entry that an engine's name stands for.
    fileprivate func entry(named text: String) -> NamedImage? {
        let full = Reference(ifValid: text)?.full ?? text
        return entries.first { $0.name?.text == full || $0.name?.text == text }
    }
}

extension EngineMark {
    /// Whether it is something that nobody names.
    fileprivate var isLeak: Bool {
        if case .leak = self { true } else { false }
    }
}
