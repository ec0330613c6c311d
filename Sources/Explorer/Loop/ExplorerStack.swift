package import TerminalScreen

/// The views that stand on each other, and what keys and finished jobs do to them; knows no terminal.
package final class ExplorerStack {
    /// What is to be done outside of the views.
    package enum Effect {
        /// A job to begin; its result belongs to the view.
        case run(Job, for: any ExplorerView)
        /// The whole screen is to be written again.
        case redraw
        /// The end, with status 0.
        case quit
        /// The end by Ctrl-C, on a terminal that makes no signal of it.
        case interrupt
        /// The end, with an error.
        case fail(any Error)
    }

    /// From the lowest up; never empty before the end.
    private var views: [any ExplorerView]
    /// A sentence in place of the status line, or above it.
    private var said: String?
    /// What is smaller shows nothing useful.
    private static let least = ScreenSize(rows: 17, columns: 60)

    /// An error as a sentence.
    private let explain: (any Error) -> String

    /// A stack of one view.
    package init(_ view: any ExplorerView, explain: @escaping (any Error) -> String = { "\($0)" }) {
        views = [view]
        self.explain = explain
    }

    /// The first view's beginning.
    package func begin() -> [Effect] { views.first.map { effects(of: $0.start(), by: $0) } ?? [] }

    /// The view that keys go to.
    package var top: (any ExplorerView)? { views.last }

    // MARK: Keys

    /// Does what a key means, on a screen of that size.
    package func press(_ key: Key, _ size: ScreenSize) -> [Effect] {
        guard let view = views.last else { return [.quit] }
        said = nil
        if key == .control("l") { return [.redraw] }
        if key == .control("c") { return [.interrupt] }
        guard Self.isEnough(size) else { return key == .character("q") ? effects(of: view.leave(), by: view) : [] }
        if view.typed == nil {
            switch key {
            case .character("q"): return effects(of: view.leave(), by: view)
            case .character("?"):
                // The help's own keys are on the screen already.
                return view is HelpView ? [] : effects(of: [.open(HelpView(view.keys))], by: view)
            default: break
            }
        }
        return effects(of: view.press(Self.inBody(key), Self.body(size)), by: view)
    }

    /// What a job's result makes of its view; nothing where the view is gone.
    package func finish(_ job: Job, _ result: any Sendable, for view: any ExplorerView) -> [Effect] {
        guard views.contains(where: { $0 === view }) else { return [] }
        return effects(of: job.finish(result), by: view)
    }

    /// Tells a view how far its job is.
    package func progress(_ job: Job, _ words: String, _ share: Double?, for view: any ExplorerView) -> [Effect] {
        guard views.contains(where: { $0 === view }) else { return [] }
        return effects(of: job.progress(words, share), by: view)
    }

    private func effects(of actions: [ExplorerAction], by view: any ExplorerView) -> [Effect] {
        var effects: [Effect] = []
        for action in actions {
            switch action {
            case .open(let other):
                views.append(other)
                effects += self.effects(of: other.start(), by: other)
            case .close:
                close(view)
                if views.isEmpty { effects.append(.quit) }
            case .quit: effects.append(.quit)
            case .fail(let error):
                // The views below know nothing of it, and go on.
                guard views.first !== view else { return [.fail(error)] }
                close(view)
                said = explain(error)
            case .run(let job): effects.append(.run(job, for: view))
            case .say(let sentence): said = sentence
            }
        }
        return effects
    }

    /// Takes a view away, with all that stands on it.
    private func close(_ view: any ExplorerView) {
        if let place = views.firstIndex(where: { $0 === view }) { views.removeSubrange(place...) }
    }

    // MARK: Frames

    /// The title, what the topmost view shows, and the status line; whatever is said has as many lines as it needs.
    package func frame(_ size: ScreenSize, _ cells: ScreenCells = ScreenCells()) -> Frame {
        guard Self.isEnough(size), let view = views.last else { return Self.tooSmall(size) }
        let hint = view is HelpView ? "Esc back " : view.typed != nil ? "" : "? keys "
        let width = size.columns - hint.utf8.count
        var foot =
            view.typed.map { [cells.end(of: $0, width - 2)] }
            ?? said.map { Array(cells.wrapped(sentence: $0, width - 2).prefix(size.rows / 2)) } ?? []
        let typedRow = view.typed == nil ? nil : foot.last
        if foot.isEmpty || view.keepsStatus { foot.append(view.status) }
        let room = ScreenSize(rows: size.rows - 1 - foot.count, columns: size.columns)
        let body = view.frame(room, cells)
        var lines = [ScreenLine([Span(" " + view.title, [.reverse, .bold], width: size.columns)])]
        lines += body.lines.prefix(room.rows)
        lines += Array(repeating: ScreenLine(), count: size.rows - foot.count - lines.count)
        for (number, text) in foot.enumerated() {
            let isLast = number == foot.count - 1
            lines.append(
                ScreenLine(
                    [Span(" " + text, .reverse, width: isLast ? width : size.columns)] + (isLast ? [Span(hint, .reverse)] : [])))
        }
        // Who types looks there.
        if let typedRow { return Frame(lines, cursor: (room.rows + 1, cells.width(typedRow))) }
        return Frame(lines, cursor: body.cursor.map { ($0.row + 1, $0.column) })
    }

    private static func tooSmall(_ size: ScreenSize) -> Frame {
        Frame([
            ScreenLine("The terminal is too small:"), ScreenLine("\(size.columns)x\(size.rows) now,"),
            ScreenLine("\(least.columns)x\(least.rows) is needed."), ScreenLine("q quits."),
        ])
    }

    private static func isEnough(_ size: ScreenSize) -> Bool { size.rows >= least.rows && size.columns >= least.columns }

    /// The cells between the title and the status line.
    private static func body(_ size: ScreenSize) -> ScreenSize { ScreenSize(rows: max(0, size.rows - 2), columns: size.columns) }

    /// A click's row as the view counts them.
    private static func inBody(_ key: Key) -> Key {
        guard case .click(let row, let column) = key else { return key }
        return .click(row: row - 1, column: column)
    }
}
