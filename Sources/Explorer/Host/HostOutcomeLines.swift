import OCISpec
import Operations
import Reclamation
import Reports
import TerminalScreen

/// What carrying out a plan came to, as lines.
enum HostOutcomeLines {
    static func lines(_ done: HostOutcome, _ words: HostWords) -> [ScreenLine] {
        let outcome = done.outcome
        var lines = [ScreenLine("freed \(words.bytes(outcome.freedBytes))", .bold)]
        lines.append(ScreenLine("predicted \(words.bytes(outcome.predictedBytes))"))
        if outcome.trashedBytes > 0 || outcome.undoableUntil != nil {
            let until = outcome.undoableUntil.map { " until \($0)" } ?? ""
            lines.append(ScreenLine("moved \(words.bytes(outcome.trashedBytes)) to the trash\(until); `u` brings it back"))
        }
        let counts = [ReclamationOutcome.Status.removed, .skipped, .failed].map { status in
            "\(outcome.items.count { $0.status == status }) \(status.rawValue)"
        }
        lines.append(ScreenLine(counts.joined(separator: ", ")))
        if let path = outcome.foreignWrite { lines.append(ScreenLine("another tool is writing to the store: \(path)")) }
        lines += done.failures.map { ScreenLine("error: \($0)", .removed) }
        let left = outcome.items.filter { $0.status != .removed }
        if !left.isEmpty {
            lines += [ScreenLine(), ScreenLine("Not removed:", .bold)]
            lines += left.map { ScreenLine("\($0.status.rawValue) \($0.name): \($0.detail ?? $0.status.rawValue)") }
        }
        let gone = outcome.items.filter { $0.status == .removed }
        if !gone.isEmpty {
            lines += [ScreenLine(), ScreenLine("Removed:", .bold)]
            lines += gone.map { item in
                ScreenLine("\(item.type.word) \(item.name)" + (item.detail.map { ": \($0)" } ?? ""))
            }
        }
        return lines
    }

    static func lines(restored: [Undo.Restored]) -> [ScreenLine] {
        restored.map { item in
            let name = item.name ?? item.digest.description
            switch item.outcome {
            case .restored: return ScreenLine("restored \(name)")
            case .nameTaken: return ScreenLine("restored without a name, since \(name) is another image's by now: \(item.digest)")
            case .incomplete(let missing):
                return ScreenLine("not restored \(name): \(missing) was removed meanwhile", .removed)
            }
        }
    }
}
