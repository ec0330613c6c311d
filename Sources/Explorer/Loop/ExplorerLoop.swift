import Operations
package import TerminalScreen

/// Shows a stack of views on a screen until it ends: keys are answered at once, jobs at most so many times a second.
package final class ExplorerLoop {
    /// How it ended.
    package enum Ending {
        /// Somebody left.
        case quit
        /// Somebody pressed Ctrl-C, and the terminal made no signal of it.
        case interrupted
        /// A view could not go on.
        case failed(any Error)
    }

    private let stack: ExplorerStack
    private let screen: Screen
    private let board = JobBoard(wake: Screen.wake)
    private var running: [Int: (job: Job, view: any ExplorerView)] = [:]
    /// Seconds between two frames that no key asked for.
    private static let interval = 1.0 / 30
    private var lastFrame = 0.0
    private var ending: Ending?

    /// A loop for one view on a screen that is open.
    package init(_ view: any ExplorerView, _ screen: Screen, explain: @escaping (any Error) -> String) {
        stack = ExplorerStack(view, explain: explain)
        self.screen = screen
    }

    /// Whether a job is still at work; it goes on until the process ends.
    package var isBusy: Bool { !running.isEmpty }

    /// Runs until somebody leaves, or the terminal is gone.
    package func run() throws(ScreenError) -> Ending {
        take(stack.begin())
        draw()
        // What a job has to tell first is not made to wait.
        lastFrame = 0
        var isStale = false
        while true {
            if let ending { return ending }
            let ready = try screen.wait(milliseconds: isStale ? untilNextFrame : nil)
            var isUrgent = false
            if ready.contains(.key) {
                while ending == nil, let key = screen.nextKey() {
                    take(stack.press(key, screen.size))
                    isUrgent = true
                }
            }
            if ready.contains(.woken) {
                hear()
                isStale = true
            }
            guard ending == nil, isUrgent || (isStale && untilNextFrame == 0) else { continue }
            draw()
            isStale = false
        }
    }

    private var untilNextFrame: Int { max(0, Int(((lastFrame + Self.interval - Clock.monotonicSeconds) * 1000).rounded(.up))) }

    private func draw() {
        screen.show(stack.frame(screen.size, screen.cells))
        lastFrame = Clock.monotonicSeconds
    }

    private func take(_ effects: [ExplorerStack.Effect]) {
        for effect in effects {
            switch effect {
            case .run(let job, let view): running[board.begin(job)] = (job, view)
            case .redraw: screen.forget()
            case .quit: ending = ending ?? .quit
            case .interrupt: ending = ending ?? .interrupted
            case .fail(let error): ending = ending ?? .failed(error)
            }
        }
    }

    /// Hands what jobs told to their views.
    private func hear() {
        for (number, news) in board.news() {
            guard let (job, view) = running[number] else { continue }
            switch news {
            case .progress(let words, let share): take(stack.progress(job, words, share, for: view))
            case .result(let value):
                running[number] = nil
                take(stack.finish(job, value, for: view))
            }
        }
    }
}
