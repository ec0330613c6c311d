/// The file system that a store is on, as far as it says.
package struct FileSystemSpace: Hashable, Sendable {
    /// Bytes that files occupy, as statfs(2) counts them.
    package var usedBytes: Int64
    /// What an ordinary process may still write.
    package var freeBytes: Int64

    /// Figures from their parts.
    package init(usedBytes: Int64, freeBytes: Int64) {
        self.usedBytes = usedBytes
        self.freeBytes = freeBytes
    }

    /// All that ordinary processes have together.
    package var totalBytes: Int64 { usedBytes + freeBytes }
    /// Whether the figures can be believed: a file system without a limit says that it has 0 of 0 blocks.
    package var isKnown: Bool { usedBytes >= 0 && freeBytes >= 0 && totalBytes > 0 }
}

/// How many bytes must go for a budget by each ruler, and which part of it asks for them.
struct BudgetNeed {
    private(set) var bytes = FreedBytes()
    private(set) var problems: [PruneDecision.Note] = []
    private var diskReason = ""

    /// What must go in a store of so many bytes, `goingBytes` of the file system going in any case.
    init(_ budget: PrunePolicy.Budget, storeBytes: Int64, space: FileSystemSpace?, goingBytes: Int64) {
        if let limit = budget.maxStoreBytes { bytes.store = max(0, storeBytes - limit) }
        guard budget.minFreeBytes != nil || budget.highPercent != nil else { return }
        guard let space, space.isKnown else {
            problems.append(.spaceUnknown)
            return
        }
        let (used, free) = (space.usedBytes - goingBytes, space.freeBytes + goingBytes)
        if let limit = budget.minFreeBytes {
            if limit > space.totalBytes {
                problems.append(.neverFree(wantedBytes: limit, totalBytes: space.totalBytes))
            } else {
                raise(to: limit - free, "min-free")
            }
        }
        let total = Double(space.totalBytes)
        if let high = budget.highPercent, Double(used) * 100 > high * total {
            let low = min(budget.lowPercent ?? high, high)
            raise(to: used - Int64((low * total / 100).rounded(.down)), "high watermark")
        }
    }

    private mutating func raise(to excess: Int64, _ reason: String) {
        guard excess > bytes.fileSystem else { return }
        bytes.fileSystem = excess
        diskReason = reason
    }

    /// Whether enough has gone.
    func isMet(by freed: FreedBytes) -> Bool { bytes.store <= freed.store && bytes.fileSystem <= freed.fileSystem }

    /// By which ruler an image counts that frees most.
    var ruler: FreedBytes.Ruler { bytes.fileSystem > 0 ? .fileSystem : .store }

    /// Whether bytes that went were of any use.
    func counts(_ freed: FreedBytes) -> Bool {
        bytes.store > 0 && freed.store > 0 || bytes.fileSystem > 0 && freed.fileSystem > 0
    }

    /// Which part of the budget asks for more when so much has gone.
    func reason(after freed: FreedBytes) -> String { bytes.store > freed.store ? "max-store" : diskReason }

    /// Bytes that are still too many.
    func excessBytes(after freed: FreedBytes) -> Int64 {
        max(0, bytes.store - freed.store, bytes.fileSystem - freed.fileSystem)
    }
}
