import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Reclamation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Marks by chance in stores by chance: what they free together is the model's, the plan's and the file system's.
struct MarkTests {
    /// All that can be marked, and some of it that cannot.
    private static func all(_ bench: PruneBench) -> [StoreMark] {
        let look = bench.look
        var marks = look.images.map { StoreMark.image($0.digest) }
        marks += look.images.flatMap { image in image.names.map { StoreMark.name($0, image.digest) } }
        marks += (look.containers.map(\.id) + look.deadContainers).map { .other(.container($0)) }
        marks += look.graph.unreached.map { item in
            switch item {
            case .blob(let digest): .other(.blob(digest))
            case .layer(let diffID): .other(.layer(diffID))
            }
        }
        marks += look.survey.sessions.keys.compactMap { PathPart($0).map { .other(.partial($0)) } }
        marks += look.survey.volumes.keys.compactMap { PathPart($0).map { .other(.volume($0)) } }
        marks += look.bins.map { .other(.trash($0.name)) }
        marks += look.survey.plans.keys.map { .other(.plan($0)) }
        return marks.sorted { "\($0)" < "\($1)" }
    }

    /// The images and containers that go by the table in docs/reclaim.md, by plain sets.
    private static func going(_ marks: Set<StoreMark>, _ store: StoreModel) -> (images: Set<String>, containers: Set<String>) {
        let containers = Set(
            store.containers.map(\.name).filter { name in
                PathPart(name).map { marks.contains(.other(.container($0))) } ?? false
            })
        let images = store.images.filter { image in
            let isMarked = marks.contains { mark in
                if case .image(let digest) = mark { digest.description == image.id } else { false }
            }
            let named = marks.compactMap { mark -> String? in
                if case .name(let name, let digest) = mark, digest.description == image.id { name.text } else { nil }
            }
            let isWhole = isMarked || !image.names.isEmpty && Set(named) == Set(image.names)
            return isWhole && !image.isPinned && Set(image.containers).isSubset(of: containers)
        }
        return (Set(images.map(\.id)), containers)
    }

    @Test(arguments: Seeds.first(120))
    func whatMarksFreeTogetherIsWhatThePlanOfTheseTakesAndTheFileSystemGetsBack(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 70_000) else { return }
        let marked = MarkedStore(bench.look, now: PruneBench.now)
        let all = Self.all(bench)
        let percent = bench.random.one(of: [10, 40, 90])
        let marks = Set(bench.random.some(of: all, percent: percent))
        let removal = marked.removal(of: marks)
        let plan = removal.plan(id: PlanID(), generation: "", trash: .zero) { "\($0)" }
        #expect(plan.freesBytes == removal.freesBytes)
        let (images, containers) = Self.going(marks, bench.storeModel)
        let known = Set(bench.storeModel.images.map(\.id))
        let victims = plan.victims.filter { $0.type == .image }.map { $0.entries[0].digest.description }.filter(known.contains)
        #expect(Set(victims) == images)
        // Of what images and containers kept that goes, not what orphans are.
        let left =
            bench.storeModel.images.filter { !images.contains($0.id) }.map(\.root)
            + bench.storeModel.containers.filter { !containers.contains($0.name) }.map(\.root)
            + bench.storeModel.sessions.map(\.root)
        let reached = left.reduce(into: Set<String>()) { $0.formUnion($1.reached) }
        let gone = (bench.storeModel.images.map(\.root) + bench.storeModel.containers.map(\.root))
            .reduce(into: Set<String>()) { $0.formUnion($1.reached) }.subtracting(reached)
            .intersection(bench.storeModel.items.keys)
        let released = plan.victims.filter { ![.blob, .layer].contains($0.type) }
            .flatMap { $0.releases.map { "blob \($0)" } + $0.releasedLayers.map { "layer \($0)" } }
        #expect(Set(released) == gone)
        expectGraph(marked, bench)
        let occupied = bench.freedBytes()
        let outcome = try PlanExecution(bench.store, now: PruneBench.now).run(plan)
        #expect(outcome.items.allSatisfy { $0.status == .removed }, "\(outcome.items)")
        #expect(outcome.freedBytes == removal.freesBytes)
        // The index and its reserve are written anew.
        #expect(abs(bench.freedBytes() - occupied - removal.freesBytes) < 200_000)
    }

    /// What stands in a page tells the same of any images as the plan does.
    private func expectGraph(_ marked: MarkedStore, _ bench: PruneBench) {
        var random = bench.random
        let graph = marked.graph()
        for percent in [20, 50, 100] {
            let places = Set(random.some(of: Array(graph.images.indices), percent: percent))
            let removal = marked.removal(of: Set(places.map { .image(graph.images[$0].id) }))
            #expect(graph.freedBytes(byRemoving: places) == removal.freesBytes)
        }
    }

    /// What each adds is the difference that it makes to the joint figure, marked or not.
    @Test(arguments: Seeds.first(40)) func whatEachAddsIsTheDifferenceThatItMakes(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 80_000) else { return }
        let marked = MarkedStore(bench.look, now: PruneBench.now)
        let all = Self.all(bench)
        let marks = Set(bench.random.some(of: all, percent: bench.random.one(of: [10, 40, 90])))
        let removal = marked.removal(of: marks)
        for mark in bench.random.some(of: all, percent: 30) {
            let with = marked.removal(of: marks.union([mark])).freesBytes
            let without = marked.removal(of: marks.subtracting([mark])).freesBytes
            #expect(removal.addedBytes(by: mark) == with - without, "\(mark)")
            // A mark that is refused says why, and one that is not goes.
            #expect((removal.refusal(of: mark) == nil) == (marked.removal(of: marks.union([mark])).left[mark] == nil), "\(mark)")
        }
    }

    /// What stays of what marked images need is what others need of it, and each of these is told.
    @Test(arguments: Seeds.first(60)) func whatStaysIsToldWithWhoKeepsIt(seed: Int) throws {
        // Where a document cannot be read nothing is decided; other seeds have whole stores.
        guard var bench = try PruneBench(seed: seed + 90_000) else { return }
        let marked = MarkedStore(bench.look, now: PruneBench.now)
        let marks = Set(bench.random.some(of: bench.look.images.map { StoreMark.image($0.digest) }, percent: 40))
        let removal = marked.removal(of: marks)
        let (images, _) = Self.going(marks, bench.storeModel)
        let reached = bench.storeModel.images.filter { images.contains($0.id) }
            .reduce(into: Set<String>()) { $0.formUnion($1.root.reached) }
        let others =
            bench.storeModel.images.filter { !images.contains($0.id) }.map(\.root) + bench.storeModel.containers.map(\.root)
            + bench.storeModel.sessions.map(\.root)
        let expected = others.map { bench.storeModel.diskBytes($0.reached.intersection(reached)) }.filter { $0 > 0 }
        #expect(removal.keepings().map(\.bytes).filter { $0 > 0 } == expected.sorted(by: >))
    }

    /// A volume goes when no container that stays mounts it, and is looked at anew just before.
    @Test func aVolumeGoesUnlessAContainerMountsIt() throws {
        let made = try HandmadeStore()
        let store = try made.open()
        let image = try made.addImage("example.com/app:1")
        for name in ["free", "used"] {
            let part = try #require(PathPart(name))
            try store.content.volumes.hold(part, making: .init(created: PruneBench.now)).release()
            try made.write("volumes/\(name)/data/file", Data(count: 9000))
        }
        try made.addContainer("c1", image)
        let used = try #require(PathPart("used"))
        let record =
            #"{"name":"web","image":{"mediaType":"\#(image.mediaType)","digest":"\#(image.digest)","size":\#(image.size)},"settings":{"mounts":[{"source":"\#(StoredVolumes.source(used))"}]}}"#
        try made.write("containers/c1/config.json", Data(record.utf8))
        let free = try #require(PathPart("free"))
        let marked = MarkedStore(try StoreLook(store), now: PruneBench.now)
        let both = marked.removal(of: [.other(.volume(free)), .other(.volume(used))])
        #expect(both.left == [.other(.volume(used)): .mountedBy(["web"])])
        let id = try #require(PathPart("c1"))
        let withContainer = marked.removal(of: [.other(.volume(free)), .other(.volume(used)), .other(.container(id))])
        #expect(withContainer.left.isEmpty)
        #expect(withContainer.freesBytes > both.freesBytes)
        let plan = withContainer.plan(id: PlanID(), generation: "", trash: .zero) { "\($0)" }
        #expect(try decodeDocument(ReclamationPlan.self, from: plan.document) == plan)
        // Without its container the volume is in use when the plan is carried out.
        var alone = plan
        alone.victims.removeAll { $0.type == .container }
        let outcome = try PlanExecution(store, now: PruneBench.now).run(alone)
        #expect(
            outcome.items.map(\.status)
                == plan.victims.filter { $0.type != .container }.map { $0.name == "used" ? .skipped : .removed })
        #expect(made.names("volumes") == ["used"])
    }
}
