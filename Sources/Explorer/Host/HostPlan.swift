import EngineStores
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports
import TerminalScreen

/// A plan of exactly what is marked, as people read it before they say yes.
struct HostPlan {
    /// What is carried out.
    let plan: Workspace.ReadPlan
    /// What it frees together.
    let freesBytes: Int64
    private let victims: [(type: String, name: String, freesBytes: Int64)]
    private let kept: [ReclamationPlan.Kept]
    private let keepings: [MarkKeeping]
    private let command: String
    private let gone: [String]
    private let trash: Duration?

    init(
        _ plan: Workspace.ReadPlan, _ removal: any HostRemoval, _ command: String, gone: [String],
        trash: Duration?
    ) {
        self.plan = plan
        self.command = command
        self.gone = gone
        self.trash = trash
        keepings = removal.keepings()
        freesBytes = removal.freesBytes
        switch plan {
        case .store(let plan):
            victims = plan.victims.map { victim in
                let names = victim.type == .image ? victim.entries.compactMap { $0.entryName?.familiar } : []
                return (victim.type.word, names.isEmpty ? victim.name : names.joined(separator: ", "), victim.freesBytes)
            }
            kept = plan.kept
        case .engine(let plan):
            victims = plan.victims.map { victim in
                let names = victim.type == .image ? victim.names.filter { !EngineName.isByDigest($0) } : []
                return (victim.type.word, names.isEmpty ? victim.name : names.joined(separator: ", "), victim.freesBytes)
            }
            kept = plan.kept
        }
    }

    /// Whether there is nothing to carry out.
    var isEmpty: Bool { victims.isEmpty }

    /// How many things go.
    var count: Int { victims.count }

    /// What is asked.
    var question: String { isEmpty ? "nothing to remove   n: back" : "remove these?   y: yes   n: no" }

    /// The victims with all names, the joint figure, what stays and why, and the command that does the same.
    func lines(_ words: HostWords) -> [ScreenLine] {
        var lines = [ScreenLine("\(count == 1 ? "1 thing" : "\(count) things"), \(words.bytes(freesBytes)) to be freed", .bold)]
        if let trash, trash > .zero {
            lines.append(
                ScreenLine(
                    "What is removed is kept in the trash for \(AgeText.duration(trash.components.seconds)), and freed then."))
        }
        lines.append(ScreenLine())
        let width = max(5, victims.map { words.bytes($0.freesBytes).utf8.count }.max() ?? 0)
        let kinds = max(4, victims.map(\.type.utf8.count).max() ?? 0)
        func row(_ bytes: String, _ kind: String, _ name: String, _ style: Style = []) -> ScreenLine {
            let space = String(repeating: " ", count: max(0, width - bytes.utf8.count))
            return ScreenLine("\(space)\(bytes)  \(HostTable.padded(kind, kinds))  \(name)", style)
        }
        lines.append(row("FREES", "TYPE", "NAME", .bold))
        lines += victims.map { row(words.bytes($0.freesBytes), $0.type, $0.name) }
        if !keepings.isEmpty {
            lines += [ScreenLine(), ScreenLine("Stays, since others need it too:", .bold)]
            lines += keepings.map { ScreenLine("\(words.bytes($0.bytes))  \($0.keeper.words)") }
        }
        if !kept.isEmpty || !gone.isEmpty {
            lines += [ScreenLine(), ScreenLine("Marked, and not removed:", .bold)]
            lines += kept.map { ScreenLine("\($0.name): \($0.reason)") } + gone.map { ScreenLine("\($0): it is gone") }
        }
        return lines + [ScreenLine(), ScreenLine("The same as a command:", .bold), ScreenLine(command)]
    }
}
