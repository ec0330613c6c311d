import Foundation
import ImageStorage
import OCISpec
import Reclamation

/// The table of docs/reclaim.md taken word for word, one name after another, over plain sets and with no thought for cost.
///
/// It shares nothing with the modules but the values that say what is asked. What a subject, an artifact or another tool's
/// document keeps is `StoreModel`'s to say, so rules about those need no change here.
struct PruneModel {
    /// When an image was made, came and was used; nil for what is not known.
    struct Moments {
        var created: Timestamp?
        var imported: Timestamp?
        var used: Timestamp?
        var written: Timestamp
    }

    /// What goes.
    struct Outcome: Equatable {
        var containers: Set<String> = []
        /// Images that rules take, then those that the budget takes, each in the order in which they go.
        var images: [String] = []
        /// Names, by the digest of their image, that go although the image stays; nil for an entry without one.
        var names: Set<[String]> = []
        var items: Set<String> = []
        var sessions: Set<String> = []
        var plans: Set<String> = []
        var excessBytes: Int64 = 0
    }

    let store: StoreModel
    let moments: [String: Moments]
    let now: Timestamp
    let policy: PrunePolicy
    let prunesContainers: Bool
    let takesLeftovers: Bool
    /// Bytes of the store's directory with what its own files will take, without what lies in the trash.
    let storeBytes: Int64
    /// Free bytes of the file system, the trash counted as free.
    let freeBytes: Int64

    private var images: [StoreModel.Image] { store.images }

    // Rules

    private enum Word: Equatable { case goes, kept, outside, spare }

    func decide() -> Outcome {
        var outcome = Outcome()
        // None of a made store's containers runs.
        if prunesContainers { outcome.containers = Set(store.containers.map(\.name)) }
        if prunesContainers || takesLeftovers { outcome.containers.formUnion(store.deadContainers) }
        var gone: Set<String> = []
        takeByRules(&gone, &outcome)
        if takesLeftovers {
            outcome.plans = store.plans
            outcome.items = Set(store.items.keys).subtracting(store.reached())
            outcome.sessions = store.deadSessions
        }
        takeForBudget(&gone, &outcome)
        // By the bytes that are theirs alone then, other rules may fit images that are left.
        var count = -1
        while gone.count != count {
            count = gone.count
            takeByRules(&gone, &outcome)
            takeForBudget(&gone, &outcome)
        }
        for image in images where !gone.contains(image.id) {
            for (entry, word) in words(image, gone, outcome.containers) where word == .goes {
                outcome.names.insert([image.id, entry ?? ""])
            }
        }
        outcome.items.formUnion(released(gone, outcome.containers))
        return outcome
    }

    private func takeByRules(_ gone: inout Set<String>, _ outcome: inout Outcome) {
        while true {
            let next = images.filter { !gone.contains($0.id) && isGoing($0, gone, outcome.containers) }
            if next.isEmpty { break }
            outcome.images += leaving(next, gone, outcome)
            gone.formUnion(next.map(\.id))
        }
    }

    /// An image goes when no name of it is left.
    private func isGoing(_ image: StoreModel.Image, _ gone: Set<String>, _ containers: Set<String>) -> Bool {
        deciding(image, gone, containers).allSatisfy { $0 == .goes }
    }

    /// The words on the names, or, where there is none, on the entries.
    private func deciding(_ image: StoreModel.Image, _ gone: Set<String>, _ containers: Set<String>) -> [Word] {
        words(image, gone, containers).filter { $0.name != nil || image.names.isEmpty }.map(\.word)
    }

    /// Every entry of an image with the word on it.
    private func words(
        _ image: StoreModel.Image, _ gone: Set<String>, _ containers: Set<String>
    ) -> [(name: String?, word: Word)] {
        let entries: [String?] = image.names + Array(repeating: nil, count: image.entries.count - image.names.count)
        if isProtected(image, containers) { return entries.map { (name: $0, word: .kept) } }
        let found: [(name: String?, word: Word)] = entries.map { (name: $0, word: word($0, image, gone)) }
        let isKept = found.contains { ($0.name != nil || image.names.isEmpty) && $0.word == .kept }
        return isKept ? entries.map { (name: $0, word: .kept) } : found
    }

    private func isProtected(_ image: StoreModel.Image, _ containers: Set<String>) -> Bool {
        image.isPinned || !Set(image.containers).isSubset(of: containers)
            || policy.keepPatterns.contains { pattern in image.names.contains { pattern.matches($0) } }
    }

    private func word(_ name: String?, _ image: StoreModel.Image, _ gone: Set<String>) -> Word {
        /// Nil where it is not known.
        func holds(_ filter: ImageFilter) -> Bool? {
            let answers = filter.conditions.map { self.holds($0, name, image, gone) }
            if answers.contains(false) { return false }
            return answers.contains(nil) ? nil : true
        }
        func decide(_ rule: PrunePolicy.Rule) -> Word {
            guard case .remove(let conditions) = rule.action else { return .kept }
            if let count = rule.keepLast, isNewest(image, count) { return .kept }
            return holds(conditions) == true ? .goes : .spare
        }
        guard holds(policy.scope) == true else { return .outside }
        // All that may be the case.
        var words: [Word] = []
        for rule in policy.rules {
            let isMatched = holds(rule.match)
            if isMatched != false { words.append(decide(rule)) }
            if isMatched == true { break }
            if rule == policy.rules.last { words.append(.spare) }
        }
        if policy.rules.isEmpty { words = [.spare] }
        return words.contains(.kept) ? .kept : words.contains(.spare) ? .spare : .goes
    }

    /// Nil where it is not known.
    private func holds(_ condition: ImageFilter.Condition, _ name: String?, _ image: StoreModel.Image, _ gone: Set<String>)
        -> Bool?
    {
        func isBefore(_ moment: Timestamp?, _ bounds: [TimeBound]) -> Bool? {
            moment.map { moment in bounds.contains { moment < $0.moment(now: now) } }
        }
        let known = moments[image.id]
        switch condition {
        case .reference(let globs):
            guard let name else { return false }
            guard Self.saysRepository(name), let reference = try? Reference(normalizing: name) else {
                return globs.contains { $0.matches(name) }
            }
            return globs.contains { $0.matches(reference) }
        case .dangling(let values): return values.contains(name == nil)
        case .until(let bounds):
            // The images of all platforms that are known were made at one moment; of what else is there it is not known.
            let answer = image.isImage ? isBefore(known?.created, bounds) : nil
            return answer == true && image.isPartlyUnknown ? nil : answer
        case .imported(let bounds): return isBefore(known?.imported, bounds)
        case .used(let bounds): return isBefore(known?.used, bounds)
        case .size(let limits): return limits.contains { uniqueBytes(image, gone) > $0 }
        case .label, .notLabel, .before, .since: return false
        }
    }

    /// What no other image that is left, no container that is left and no session reaches.
    private func uniqueBytes(_ image: StoreModel.Image, _ gone: Set<String>) -> Int64 {
        var others = images.filter { $0.id != image.id && !gone.contains($0.id) }.map(\.root) + store.sessions.map(\.root)
        if !prunesContainers { others += store.containers.filter { !image.containers.contains($0.name) }.map(\.root) }
        return store.diskBytes(ofThese: image.root.reached, butNot: others.reduce(into: []) { $0.formUnion($1.reached) })
    }

    /// Other tools write a tag alone.
    private static func saysRepository(_ name: String) -> Bool { name.contains("/") || name.contains(":") }

    private func isNewest(_ image: StoreModel.Image, _ count: Int) -> Bool {
        func repository(_ name: String) -> String {
            guard Self.saysRepository(name), let reference = try? Reference(normalizing: name) else { return "" }
            return reference.repository
        }
        func first(_ image: StoreModel.Image, _ wanted: String) -> String? {
            image.names.filter { repository($0) == wanted }.min { text($0) < text($1) }
        }
        func text(_ name: String) -> String {
            guard Self.saysRepository(name), let reference = try? Reference(normalizing: name) else { return name }
            return reference.full
        }
        func made(_ image: StoreModel.Image) -> Timestamp {
            let known = moments[image.id]
            return known?.created ?? known?.imported ?? known?.written ?? Timestamp(seconds: .min)
        }
        return image.names.contains { name in
            let own = repository(name)
            guard let mine = first(image, own) else { return false }
            let newer = images.count { other in
                guard other.id != image.id, other.isImage == image.isImage, let theirs = first(other, own) else { return false }
                return made(other) != made(image) ? made(other) > made(image) : text(theirs) < text(mine)
            }
            return newer < count
        }
    }

    // Bytes

    /// What goes with these images and containers.
    private func released(_ gone: Set<String>, _ containers: Set<String>) -> Set<String> {
        let left =
            images.filter { !gone.contains($0.id) }.map(\.root) + store.sessions.map(\.root)
            + store.containers.filter { !containers.contains($0.name) }.map(\.root)
        let mine =
            images.filter { gone.contains($0.id) }.map(\.root)
            + store.containers.filter { containers.contains($0.name) }.map(\.root)
        let kept = left.reduce(into: Set<String>()) { $0.formUnion($1.reached) }
        return mine.reduce(into: Set<String>()) { $0.formUnion($1.reached) }.subtracting(kept).intersection(store.items.keys)
    }

    private func fileSystemBytes(_ gone: Set<String>, _ outcome: Outcome) -> Int64 {
        store.freedBytes(released(gone, outcome.containers).union(outcome.items)) + folderBytes(outcome)
    }

    private func directoryBytes(_ gone: Set<String>, _ outcome: Outcome) -> Int64 {
        store.storeBytes(released(gone, outcome.containers).union(outcome.items)) + folderBytes(outcome)
    }

    /// Nothing in a made store has a name in a container or a session and another elsewhere.
    private func folderBytes(_ outcome: Outcome) -> Int64 {
        let folders = outcome.containers.map { "containers/\($0)" } + outcome.sessions.map { "ingest/\($0)" }
        return folders.reduce(0) { $0 + store.freedBytes(below: $1) }
            + outcome.plans.reduce(0) { $0 + store.freedBytes(ofPlan: $1) }
    }

    // Order

    private func lastUsed(_ id: String) -> Timestamp {
        let known = moments[id]
        return known?.used ?? known?.imported ?? known?.created ?? known?.written ?? Timestamp(seconds: .min)
    }

    /// Takes one after another, the least recently used first, then the one that frees most then, until enough have gone.
    private func leaving(
        _ candidates: [StoreModel.Image], _ earlier: Set<String>, _ outcome: Outcome, isByDirectory: Bool = false,
        isEnough: (Set<String>) -> Bool = { _ in false }
    ) -> [String] {
        var left = candidates.map(\.id)
        var gone = earlier
        var order: [String] = []
        func bytes(_ gone: Set<String>) -> Int64 {
            let items = released(gone, outcome.containers).union(outcome.items)
            return isByDirectory ? store.storeBytes(items) : store.freedBytes(items)
        }
        while !left.isEmpty, !isEnough(gone) {
            let before = bytes(gone)
            let bids = left.map { (id: $0, used: lastUsed($0), bytes: bytes(gone.union([$0])) - before) }
            let first = bids.min { left, right in
                if left.used != right.used { return left.used < right.used }
                return left.bytes != right.bytes ? left.bytes > right.bytes : left.id < right.id
            }
            guard let first else { break }
            order.append(first.id)
            gone.insert(first.id)
            left.removeAll { $0 == first.id }
        }
        return order
    }

    // Budget

    private func takeForBudget(_ gone: inout Set<String>, _ outcome: inout Outcome) {
        let (already, alreadyInStore) = (fileSystemBytes(gone, outcome), directoryBytes(gone, outcome))
        let needInStore = max(0, policy.budget.maxStoreBytes.map { storeBytes - alreadyInStore - $0 } ?? 0)
        let need = max(0, policy.budget.minFreeBytes.map { $0 - freeBytes - already } ?? 0)
        func went(_ gone: Set<String>) -> (disk: Int64, store: Int64) {
            (fileSystemBytes(gone, outcome) - already, directoryBytes(gone, outcome) - alreadyInStore)
        }
        func isEnough(_ gone: Set<String>) -> Bool { went(gone).disk >= need && went(gone).store >= needInStore }
        guard !isEnough(gone) else { return }
        let earlier = gone
        func take(_ candidates: [StoreModel.Image]) -> [String] {
            leaving(candidates, earlier, outcome, isByDirectory: need == 0, isEnough: isEnough)
        }
        let spare = images.filter { image in
            let words = gone.contains(image.id) ? [.kept] : deciding(image, gone, outcome.containers)
            return words.allSatisfy { $0 == .goes || $0 == .spare } && !words.allSatisfy { $0 == .goes }
        }
        var taken = take(spare)
        // What gave nothing is left: its bytes would all have gone without it.
        let all = released(earlier.union(taken), outcome.containers).union(outcome.items)
        let useless = taken.filter { id in
            let reached = images.first { $0.id == id }?.root.reached ?? []
            let left = all.subtracting(reached)
            let (disk, directory) = (
                store.freedBytes(all) - store.freedBytes(left), store.storeBytes(all) - store.storeBytes(left)
            )
            return !(need > 0 && disk > 0 || needInStore > 0 && directory > 0)
        }
        if !useless.isEmpty { taken = take(spare.filter { !useless.contains($0.id) }) }
        outcome.images += taken
        gone.formUnion(taken)
        outcome.excessBytes = max(0, need - went(gone).disk, needInStore - went(gone).store)
    }
}

extension StoreModel {
    /// Bytes of what lies in the trash and goes by itself, of the file system and of the store's directory: what a release removed,
    /// and not what a repair set aside.
    var bytesInTrash: (fileSystem: Int64, directory: Int64) {
        let names = directories("trash").filter { name in
            files.values.contains { $0.paths.contains("trash/\(name)/release.json") }
        }
        return names.reduce((0, 0)) { sum, name in
            (sum.0 + freedBytes(below: "trash/\(name)"), sum.1 + storeBytes(below: "trash/\(name)"))
        }
    }

    /// Bytes of the inodes all of whose names in the store are below this directory of it.
    private func storeBytes(below folder: String) -> Int64 {
        files.values.reduce(0) { sum, file in
            file.paths.allSatisfy { $0 == folder || $0.hasPrefix(folder + "/") } ? sum + file.bytes : sum
        }
    }

    /// The sessions of dead processes, but those into whose directories something else was put.
    var deadSessions: Set<String> {
        let folders = directories("ingest").filter { !liveSessions.contains($0) }
        return Set(folders.filter { name in !files.values.contains { $0.paths.contains("ingest/\(name)/mine.txt") } })
    }

    /// Bytes of the inodes of these items that none of the others has.
    func diskBytes(ofThese wanted: Set<String>, butNot others: Set<String>) -> Int64 {
        let foreign = others.reduce(into: Set<UInt64>()) { $0.formUnion(items[$1] ?? []) }
        return wanted.reduce(into: Set<UInt64>()) { $0.formUnion(items[$1] ?? []) }.subtracting(foreign)
            .reduce(0) { $0 + (files[$1]?.bytes ?? 0) }
    }
}
