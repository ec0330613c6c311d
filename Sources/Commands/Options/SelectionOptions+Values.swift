import Operations
import Reclamation
import SettingsFile
import TextValues

/// The options' values, as people wrote them and as the decision takes them.
extension SelectionOptions {
    /// How people wrote what goes, for the question before it does.
    var summary: [String] {
        var parts = filter
        if let policy { parts.append("policy \(policy)") }
        if let keepLast { parts.append("keep-last \(keepLast)") }
        parts += keep.map { "keep \($0)" }
        if let maxStore { parts.append("max-store \(maxStore)") }
        if let high { parts.append("high \(high)\(low.map { ", low \($0)" } ?? "")") }
        if let minFree { parts.append("min-free \(minFree)") }
        return parts
    }

    static func readPolicy(_ path: String) throws -> PrunePolicy {
        guard let bytes = try InputFile.bytes(path, limit: 1 << 20) else { throw CommandError.noSuchPolicy(path) }
        do {
            return try PolicyFile.policy(parsing: try PolicyFileError.text(of: bytes))
        } catch {
            throw CommandError.badPolicy(path, error)
        }
    }

    static func bytes(_ option: String, _ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let bytes = BudgetValues.argumentBytes(text) else {
            throw CommandError.badOption(option, text, expected: "bytes with their unit, such as 500MB or 20GiB")
        }
        return bytes
    }

    static func percentage(_ option: String, _ text: String?) throws -> Double? {
        guard let text else { return nil }
        guard let value = BudgetValues.percentage(text) else {
            throw CommandError.badOption(option, text, expected: BudgetValues.percentageExpected(insteadOf: text))
        }
        return value
    }

    static func duration(_ option: String, _ text: String) throws -> Duration {
        guard let duration = DurationText.duration(text) else {
            throw CommandError.badOption(option, text, expected: "a time such as 90m, 24h or 7d")
        }
        return duration
    }
}
