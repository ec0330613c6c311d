internal import CNcurses
internal import Glibc

/// The terminal as a screen: frames go out, keys come in.
///
/// There is one at a time in a process; all but `restore` and `wake` belongs to the thread that opened it. Whatever ends or stops the
/// process puts the terminal back: a signal, a crash, Ctrl-Z.
package final class Screen {
    /// How a screen is opened.
    package struct Options: Sendable {
        /// The terminal's type, as `TERM` has it.
        package var term: String?
        /// Whether colours may be used.
        package var usesColor: Bool
        /// Whether the mouse is taken, which keeps the terminal from selecting text.
        package var usesMouse: Bool
        /// Whether keys may come from another terminal than standard input, since that is read for something else.
        package var readsElsewhere: Bool

        /// Options from their parts.
        package init(term: String?, usesColor: Bool, usesMouse: Bool, readsElsewhere: Bool = false) {
            self.term = term
            self.usesColor = usesColor
            self.usesMouse = usesMouse
            self.readsElsewhere = readsElsewhere
        }
    }

    /// Why a wait ended.
    package struct Readiness: OptionSet, Sendable {
        /// One bit for each.
        package let rawValue: Int
        /// Reasons from their bits.
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// A key was pressed.
        package static let key = Readiness(rawValue: 1)
        /// Somebody called `wake`, or the process goes on after it was stopped.
        package static let woken = Readiness(rawValue: 2)
    }

    /// How characters become cells here.
    package let cells: ScreenCells
    /// The cells there are; brought up to date by `wait`.
    package private(set) var size: ScreenSize
    /// What of the last frame the terminal has not taken yet.
    private var unwritten: [UInt8] = []
    /// The newest frame, where the terminal still takes an older one.
    private var waiting: Frame?
    private let descriptors: [Int32]
    private var isOpen = true

    private init(_ cells: ScreenCells, _ size: ScreenSize, _ descriptors: [Int32]) {
        self.cells = cells
        self.size = size
        self.descriptors = descriptors
    }

    /// Opens the terminal of this process.
    package static func open(_ options: Options) throws(ScreenError) -> Screen {
        guard isatty(1) == 1 else { throw .notATerminal(stream: "standard output") }
        guard options.readsElsewhere || isatty(0) == 1 else { throw .notATerminal(stream: "standard input") }
        guard let term = options.term, !term.isEmpty else { throw .unknownTerminal(nil) }
        guard term != "dumb" else { throw .dumbTerminal }
        guard strata_ncurses_load() == 0 else { throw .noLibrary(String(cString: strata_ncurses_problem())) }
        var descriptors: [Int32] = []
        let output = strata_terminal_reopen(1)
        guard output >= 0 else { throw .system(errno) }
        descriptors.append(output)
        let input = isatty(0) == 1 ? 0 : output
        let isUTF8 = strata_locale_take() == 1
        do throws(ScreenError) {
            return try open(options, term, output: output, input: input, isUTF8, descriptors)
        } catch {
            strata_terminal_restore()
            strata_terminal_release()
            strata_locale_release()
            Glibc.close(output)
            throw error
        }
    }

    private static func open(
        _ options: Options, _ term: String, output: Int32, input: Int32, _ isUTF8: Bool, _ descriptors: [Int32]
    ) throws(ScreenError) -> Screen {
        let reason = strata_terminal_take(output, input)
        guard reason == 0 else { throw .system(reason) }
        let size = terminalSize()
        let outcome = strata_screen_open(
            term, input, Int32(size.rows), Int32(size.columns), options.usesColor ? 1 : 0, options.usesMouse ? 1 : 0)
        switch Int(outcome) {
        case STRATA_SCREEN_OPEN: break
        case STRATA_TERM_UNKNOWN: throw .unknownTerminal(term)
        case STRATA_TERM_WEAK: throw .weakTerminal(term)
        default: throw .system(errno)
        }
        let screen = Screen(ScreenCells(isUTF8: isUTF8) { strata_column_width($0.value) >= 0 }, size, descriptors)
        screen.rehearseEnd()
        return screen
    }

    /// Learns what puts the screen back by ending it once, before anything was shown.
    private func rehearseEnd() {
        _ = output()
        strata_screen_end()
        output().withUnsafeBytes { bytes in
            strata_terminal_remember(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        strata_screen_begin()
    }

    /// Puts the terminal back; the screen is of no more use.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        strata_terminal_restore()
        strata_terminal_release()
        strata_locale_release()
        for descriptor in descriptors { Glibc.close(descriptor) }
    }

    /// Puts the terminal back for good, from any thread: what is shown afterwards is not.
    package static func restore() { strata_terminal_restore() }

    /// Ends a wait, from any thread.
    package static func wake() { strata_terminal_wake() }

    // MARK: Frames

    /// Shows a frame: what differs from the one before, in one write.
    ///
    /// Where the terminal has not taken the one before, this one waits, and gives way to a newer one.
    package func show(_ frame: Frame) {
        flush()
        guard unwritten.isEmpty else {
            waiting = frame
            return
        }
        waiting = nil
        draw(frame)
        unwritten = output()
        flush()
    }

    private func draw(_ frame: Frame) {
        strata_screen_erase()
        for (row, line) in frame.lines.prefix(size.rows).enumerated() {
            for run in cells.runs(of: line, columns: size.columns) {
                let text = run.scalars.map(\.value)
                strata_screen_put(
                    Int32(row), Int32(run.column), text, Int32(text.count), run.style.attributes, run.style.color)
            }
        }
        let cursor = frame.cursor.map { (min($0.row, size.rows - 1), min($0.column, size.columns - 1)) } ?? (-1, -1)
        strata_screen_show(Int32(cursor.0), Int32(cursor.1))
    }

    /// The whole screen is written with the next frame.
    package func forget() { strata_screen_forget() }

    private func output() -> [UInt8] {
        var count = 0
        guard let bytes = strata_screen_output(&count), count > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Writes what the terminal takes now.
    private func flush() {
        while !unwritten.isEmpty {
            let count = unwritten.withUnsafeBytes { bytes in
                strata_terminal_write(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, isRest ? 1 : 0)
            }
            // A terminal that is gone shows in `wait`.
            guard count > 0 else { return }
            unwritten.removeFirst(count)
            isRest = !unwritten.isEmpty
        }
    }
    private var isRest = false

    // MARK: Waiting

    /// Waits for a key or a call of `wake`, and at most so long; without an end where it is nil.
    package func wait(milliseconds: Int?) throws(ScreenError) -> Readiness {
        let ready = Int(strata_terminal_wait(Int32(milliseconds ?? -1), unwritten.isEmpty ? 0 : 1))
        if ready & STRATA_READY_GONE != 0 { throw .gone }
        if ready & STRATA_READY_OUTPUT != 0 { takeOutput() }
        if strata_terminal_was_stopped() == 1 {
            // The screen was left without ncurses.
            strata_screen_end()
            _ = output()
            unwritten = []
            strata_screen_begin()
            size = ScreenSize(rows: 0, columns: 0)
        }
        let now = Self.terminalSize()
        if now != size {
            size = now
            strata_screen_resize(Int32(now.rows), Int32(now.columns))
            return ready & STRATA_READY_INPUT != 0 ? [.key, .woken] : .woken
        }
        var readiness: Readiness = []
        if ready & STRATA_READY_INPUT != 0 { readiness.insert(.key) }
        if ready & STRATA_READY_WAKE != 0 { readiness.insert(.woken) }
        return readiness
    }

    private func takeOutput() {
        flush()
        if unwritten.isEmpty, let frame = waiting { show(frame) }
    }

    private static func terminalSize() -> ScreenSize {
        var (rows, columns): (Int32, Int32) = (24, 80)
        _ = strata_terminal_size(&rows, &columns)
        return ScreenSize(rows: Int(rows), columns: Int(columns))
    }

    /// The next key that was pressed; nil where there is none.
    package func nextKey() -> Key? {
        while true {
            let read = strata_screen_key()
            if Int(read.kind) == STRATA_KEY_NONE { return nil }
            if let key = Key(read) { return key }
        }
    }
}

extension Style {
    /// As ncurses is asked for it.
    fileprivate var attributes: Int32 {
        var attributes = 0
        if contains(.reverse) { attributes |= STRATA_REVERSE }
        if contains(.bold) { attributes |= STRATA_BOLD }
        if contains(.underline) { attributes |= STRATA_UNDERLINE }
        return Int32(attributes)
    }

    fileprivate var color: Int32 { contains(.removed) ? 3 : contains(.changed) ? 2 : contains(.added) ? 1 : 0 }
}
