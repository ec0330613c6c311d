import Glibc
import Reports

/// One of the process's standard streams, and what is at its other end.
struct Terminal: Sendable {
    static let standardInput = Terminal(fd: 0)
    static let standardOutput = Terminal(fd: 1)
    static let standardError = Terminal(fd: 2)

    let fd: Int32

    var isTerminal: Bool { isatty(fd) == 1 }

    /// Whether lines can be drawn over and painted: a terminal that obeys control sequences.
    var isScreen: Bool { isTerminal && Environment.bytes("TERM") != Array("dumb".utf8) }

    /// Columns; 80 where nobody knows.
    var width: Int {
        var size = winsize()
        guard ioctl(fd, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
        return Int(size.ws_col)
    }

    /// Lines; 24 where nobody knows.
    var height: Int {
        var size = winsize()
        guard ioctl(fd, UInt(TIOCGWINSZ), &size) == 0, size.ws_row >= 3 else { return 24 }
        return Int(size.ws_row)
    }

    /// Rows and columns as a terminal has them; 24 and 80 where nobody knows.
    var size: (rows: UInt16, columns: UInt16) {
        var size = winsize()
        guard ioctl(fd, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
        return (size.ws_row, size.ws_col)
    }

    /// Writes all of `text`, in which nothing acts on a terminal; when the stream is gone the rest is dropped.
    func write(_ text: String, _ use: ScreenText.Use = .reading) {
        _ = write(Array(ScreenText.safe(text, use).utf8))
    }

    /// Writes all of `bytes` as they are, and returns the system's reason where it could not; 0 when all is written.
    func write(_ bytes: [UInt8]) -> Int32 {
        bytes.withUnsafeBytes { write($0) }
    }

    /// The same for bytes that lie elsewhere.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(fd, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return 0
    }

    /// Removes a progress bar that stands on the line.
    func clearLine() {
        if isScreen { control("\r\u{1B}[K") }
    }

    /// Draws a line over the one that the screen stands at, and ends it where it is the last state of it.
    func draw(_ line: String, isLast: Bool = false) {
        control("\r\(PathText.printable(line))\u{1B}[K" + (isLast ? "\n" : ""))
    }

    /// Draws lines over the last `count` ones of a screen, which may be more or fewer.
    func draw(_ lines: [String], over count: Int) {
        let text = lines.map { "\r\(PathText.printable($0))\u{1B}[K\n" }.joined()
        control((count > 0 ? "\u{1B}[\(count)A" : "") + text + "\u{1B}[J")
    }

    /// The only way for control sequences.
    private func control(_ text: String) { _ = write(Array(text.utf8)) }
}
