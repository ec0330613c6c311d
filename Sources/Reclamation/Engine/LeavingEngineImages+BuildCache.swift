import EngineStores
import OCISpec

/// Records of the build cache that leave, each after those that were built on it.
extension LeavingEngineImages {
    /// Removes the records that a selection holds, the least recently used first, each after those that were built on it.
    mutating func removeCache(_ selection: CacheSelection, now: Timestamp) {
        while let place = nextRecord(selection, now) {
            if let keep = selection.keepBytes, cacheBytes <= keep { return }
            removeRecord(at: place)
        }
    }

    private mutating func removeRecord(at place: Int) {
        let record = holdings.records[place]
        holdings.records[place].isGone = true
        if let parent = record.parent { holdings.records[parent].childCount -= 1 }
        var bytes: Int64 = 0
        for item in record.items {
            if holdings.items[item].goes(images: 0, records: 1) { bytes += holdings.items[item].bytes }
            holdings.items[item].recordCount -= 1
        }
        let words = record.record.description.isEmpty ? "" : ": \(record.record.description)"
        add(
            EnginePlan.Victim(
                .cache, name: record.record.id, reason: "build cache\(words)", freesBytes: bytes, names: [],
                lastUse: record.record.lastUsedSeconds.map { EngineImage.Use(seconds: $0, evidence: .build) }))
    }

    /// Whether a record that is left was built on this one.
    func isBuiltUpon(_ id: String) -> Bool { (holdings.recordPlaces[id].map { holdings.records[$0].childCount } ?? 0) > 0 }

    /// Takes exactly these records, each after those that were built on it; returns those that stay for the sake of others.
    mutating func removeRecords(_ ids: Set<String>) -> Set<String> {
        var waiting = holdings.records.indices.filter {
            ids.contains(holdings.records[$0].record.id) && !holdings.records[$0].isGone
        }
        while case let next = waiting.filter({ holdings.records[$0].childCount == 0 }), !next.isEmpty {
            for place in next { removeRecord(at: place) }
            waiting.removeAll { holdings.records[$0].isGone }
        }
        return Set(waiting.map { holdings.records[$0].record.id })
    }

    /// The record that goes next; what is not known of its use never speaks for its removal.
    private func nextRecord(_ selection: CacheSelection, _ now: Timestamp) -> Int? {
        let candidates = holdings.records.indices.filter { place in
            let record = holdings.records[place]
            guard !record.isGone, record.childCount == 0, selection.isAll || isOfCacheAlone(record) else { return false }
            guard let used = record.record.lastUsedSeconds else { return selection.unusedSince.isEmpty }
            return selection.holds(usedSeconds: used, now: now)
        }
        return candidates.min { left, right in
            let (left, right) = (holdings.records[left].record, holdings.records[right].record)
            return (left.lastUsedSeconds ?? .max, left.id) < (right.lastUsedSeconds ?? .max, right.id)
        }
    }

    /// Whether a record has something that it was not built on and that no image has.
    private func isOfCacheAlone(_ record: EngineHoldings.Record) -> Bool {
        let below = Set(record.parent.map { holdings.records[$0].items } ?? [])
        return record.items.allSatisfy { below.contains($0) || holdings.items[$0].imageCount == 0 }
    }

    /// What the build cache alone keeps.
    private var cacheBytes: Int64 {
        holdings.items.reduce(0) { sum, item in
            item.imageCount == 0 && !item.isUsed && item.recordCount > 0 ? sum + item.bytes : sum
        }
    }
}
