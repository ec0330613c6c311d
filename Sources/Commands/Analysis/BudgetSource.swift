import LayerAnalysis
import Operations
import SettingsFile

/// Reads budget files.
enum BudgetSource {
    /// The budget of the file at `path`.
    static func read(_ path: String) throws -> Budget {
        guard let bytes = try InputFile.bytes(path, limit: 1 << 20) else { throw CommandError.noSuchBudget(path) }
        do {
            return try BudgetFile.budget(parsing: try BudgetFileError.text(of: bytes), path: path)
        } catch {
            throw CommandError.badBudget(path, error)
        }
    }
}
