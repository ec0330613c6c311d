import FoundationEssentials

/// A document that a process leaves for one that it starts.
enum PlanFile {
    static func write(_ value: some Encodable, to path: String) throws(RuntimeError) {
        do {
            try JSONEncoder().encode(value).write(to: URL(filePath: path))
        } catch {
            throw .noPlan(path: path, detail: "\(error)")
        }
    }
}
