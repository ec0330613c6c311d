import OCISpec
import Operations
import Reclamation
import Reports
import TerminalScreen

/// The plan of what is marked, and what can be undone: shown, and carried out after a yes.
extension HostView {
    /// Looks once more, and shows the plan of what is marked as it is then.
    func plan() -> [ExplorerAction] {
        if settings.isReadOnly { return [.say("nothing is removed with --read-only")] }
        if marks.isEmpty { return [.say("nothing is marked: Space marks a row")] }
        if work != nil { return [.say("still loading")] }
        return [look { [weak self] in self?.showPlan() ?? [] }]
    }

    private func showPlan() -> [ExplorerAction] {
        if marks.isEmpty { return [] }
        guard let removal, let picture else { return [] }
        do {
            let plan = HostPlan(
                try removal.plan(\.words), removal, command(picture), gone: gone, trash: host.trash)
            panel = HostPanel("plan", .plan(plan), plan.lines(words), question: plan.question)
            return []
        } catch {
            return [.say(settings.describe(error))]
        }
    }

    /// What removes the same from a shell.
    private func command(_ picture: any HostPicture) -> String {
        settings.command.apply(only: marks.compactMap { picture.text(of: $0) }.sorted())
    }

    /// What keys do in a panel; Enter never means yes.
    func pressInPanel(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] {
        guard let panel else { return [] }
        switch panel.purpose {
        case .working: return []
        case .plan(let plan) where key == .character("y"): return plan.isEmpty ? [] : carryOut(plan)
        case .undo(let plan) where key == .character("y"): return undo(plan)
        default: break
        }
        switch key {
        case .escape, .character("n"), .backspace, .left, .character("h"): self.panel = nil
        default: self.panel?.scroll(key, size.rows)
        }
        return []
    }

    private func carryOut(_ plan: HostPlan) -> [ExplorerAction] {
        let words = "removing \(plan.count == 1 ? "1 thing" : "\(plan.count) things")"
        panel = HostPanel("plan", .working, [ScreenLine(words, .bold)], question: "please wait")
        let (host, describe, document) = (host, settings.describe, plan.plan)
        let job = begin(words) { () -> HostDone in
            do { return .done(try host.carryOut(document, describe)) } catch {
                return .failed("nothing was removed: \(describe(error))")
            }
        } then: { [weak self] done in
            self?.finish(done) ?? []
        }
        return [job]
    }

    private func finish(_ done: HostDone) -> [ExplorerAction] {
        isStale = true
        switch done {
        case .done(let outcome):
            marks = []
            recount()
            panel = HostPanel("outcome", .reading, HostOutcomeLines.lines(outcome, words), question: "Esc: back")
        case .restored(let restored):
            panel = HostPanel("outcome", .reading, HostOutcomeLines.lines(restored: restored), question: "Esc: back")
        case .failed(let sentence):
            panel = HostPanel("outcome", .reading, [ScreenLine(sentence, .removed)], question: "Esc: back")
        }
        return [look()]
    }

    // Undo

    /// Shows what the latest plan with something in the trash brings back.
    func showUndo() -> [ExplorerAction] {
        if settings.isReadOnly { return [.say("nothing is changed with --read-only")] }
        if work != nil { return [.say("still loading")] }
        let (host, describe) = (host, settings.describe)
        let job = begin("looking into the trash") { () -> HostUndoable in
            do { return .found(try host.undoable()) } catch { return .failed(describe(error)) }
        } then: { [weak self] found in
            self?.showUndo(found) ?? []
        }
        return [job]
    }

    private func showUndo(_ found: HostUndoable) -> [ExplorerAction] {
        switch found {
        case .failed(let words): return [.say(words)]
        case .found(let plans):
            guard let latest = plans.first else { return [.say("nothing to undo: `--trash TIME` keeps what goes for a time")] }
            var lines = [ScreenLine("Plan \(latest.plan) can be undone until \(latest.until). It restores:", .bold)]
            lines += latest.names.map { ScreenLine("  \($0)") }
            lines += [
                ScreenLine(), ScreenLine("The same as a command:", .bold),
                ScreenLine(settings.command.ofStore("undo", latest.plan)),
            ]
            if plans.count > 1 { lines.append(ScreenLine("\(plans.count - 1) more: `strata undo` lists them")) }
            panel = HostPanel("undo", .undo(plan: latest.plan), lines, question: "restore these?   y: yes   n: no")
            return []
        }
    }

    private func undo(_ plan: String) -> [ExplorerAction] {
        panel = HostPanel("undo", .working, [ScreenLine("restoring", .bold)], question: "please wait")
        let (host, describe) = (host, settings.describe)
        let job = begin("restoring") { () -> HostDone in
            do { return .restored(try host.undo(plan)) } catch { return .failed("not all was restored: \(describe(error))") }
        } then: { [weak self] done in
            self?.finish(done) ?? []
        }
        return [job]
    }
}

/// What became of something that changes a host.
enum HostDone: Sendable {
    /// A plan was carried out.
    case done(HostOutcome)
    /// Something was brought back.
    case restored([Undo.Restored])
    /// It was not, and why.
    case failed(String)
}

/// What can be brought back.
enum HostUndoable: Sendable {
    /// The plans with something in the trash.
    case found([UndoablePlan])
    /// Why that is not known.
    case failed(String)
}
