package import TerminalScreen

/// Something that a person looks at and acts on: an image, a host, a file, a plan, the help.
///
/// Views stand on each other; keys go to the topmost. A view belongs to the loop that shows it: what takes longer than a key's answer
/// (16 ms) is a `Job`.
package protocol ExplorerView: AnyObject {
    /// What the view shows, for the first line: `app:1`, `docker at /var/lib/docker`.
    var title: String { get }
    /// The line below everything: what is marked and frees, or how far loading has come.
    var status: String { get }
    /// Whether the status line always says that: a sentence, or what is typed, has lines of its own above it then.
    var keepsStatus: Bool { get }
    /// The keys that it has, for `?`.
    var keys: [KeyHelp] { get }

    /// What it shows in so many cells, between the title and the status line; `cells` tell how wide a text is there.
    func frame(_ size: ScreenSize, _ cells: ScreenCells) -> Frame
    /// Does what a key means here, and says what the loop is to do. A key that means nothing does nothing.
    func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction]
    /// What begins when the view comes up first: the jobs that load it.
    func start() -> [ExplorerAction]

    /// A text that is being typed, such as in a search, with what it is for: then no letter is a key of the loop's.
    var typed: String? { get }
    /// What happens when somebody wants to leave the explorer: `quit`, unless something is going on that must end first.
    func leave() -> [ExplorerAction]
}

extension ExplorerView {
    /// Nothing.
    package var typed: String? { nil }
    /// No.
    package var keepsStatus: Bool { false }
    /// The explorer ends.
    package func leave() -> [ExplorerAction] { [.quit] }
}

/// A line of the help.
package struct KeyHelp: Hashable, Sendable {
    /// As people write it: `Enter`, `h`, `PgUp Ctrl-u`.
    package var keys: String
    /// What it does, in a few words.
    package var meaning: String
    /// The command that tells the same without a terminal; nil where none does.
    package var command: String?

    /// A line.
    package init(_ keys: String, _ meaning: String, command: String? = nil) {
        (self.keys, self.meaning, self.command) = (keys, meaning, command)
    }
}

/// What a view asks of the loop.
package enum ExplorerAction {
    /// Shows another view above this one.
    case open(any ExplorerView)
    /// Ends this view; the one below comes up again, and ends the explorer where there is none.
    case close
    /// Ends the explorer with status 0.
    case quit
    /// Begins work on a thread of its own.
    case run(Job)
    /// Shows a sentence in place of the status line, or above it, until the next key.
    case say(String)
    /// Ends this view with an error; and the explorer where it is the lowest one: then it is told when the terminal is back.
    case fail(any Error)
}

/// Work that is not the loop's: it runs on a thread of its own, and what comes of it is handed to its view in the loop.
package struct Job {
    /// Tells the loop how far it is, from the thread of the job; views see it as a call of what `progress` was given.
    package typealias Report = @Sendable (_ words: String, _ share: Double?) -> Void

    /// Runs on its own thread; returns what the loop calls with the view's own state.
    let work: @Sendable (@escaping Report) -> any Sendable
    /// In the loop: how far it is, and what the view asks for then.
    let progress: (_ words: String, _ share: Double?) -> [ExplorerAction]
    /// In the loop: what became of it, and what the view asks for then.
    let finish: (any Sendable) -> [ExplorerAction]

    /// Work whose result goes to `then`, in the loop.
    package init<Value: Sendable>(
        _ work: @escaping @Sendable (@escaping Report) -> Value,
        progress: @escaping (String, Double?) -> [ExplorerAction] = { _, _ in [] },
        then: @escaping (Value) -> [ExplorerAction]
    ) {
        self.work = work
        self.progress = progress
        finish = { value in (value as? Value).map(then) ?? [] }
    }

    /// Does the work here and now, for who has no loop.
    package func result(_ report: @escaping Report = { _, _ in }) -> any Sendable { work(report) }
}
