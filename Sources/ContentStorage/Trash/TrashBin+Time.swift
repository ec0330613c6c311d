package import OCISpec

extension TrashBin.Record {
    /// Whether nothing needs to be kept at `now`; a time that does not parse is never over.
    package func isOver(at now: Timestamp) -> Bool {
        guard let keepUntil else { return true }
        guard let until = Timestamp(parsing: keepUntil) else { return false }
        return until <= now
    }
}

extension Digest {
    /// The digest as a file's name: `sha256-<hex>`.
    package var fileName: String { "\(algorithm.rawValue)-\(hex)" }

    /// The digest that a file is named by; nil for another name.
    package init?(fileName: String) {
        guard let dash = fileName.firstIndex(of: "-") else { return nil }
        self.init(ifValid: "\(fileName[..<dash]):\(fileName[fileName.index(after: dash)...])")
    }
}
