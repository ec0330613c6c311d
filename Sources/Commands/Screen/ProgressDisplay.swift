import Distribution
import Glibc
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Reports
import Synchronization
import TextValues

/// Shows how far reading has come: a bar on a terminal, lines in a log, or nothing.
///
/// Called from several threads.
final class ProgressDisplay: Sendable {
    private struct State {
        var title = ""
        var totalBytes: Int64 = 0
        var doneBytes: Int64 = 0
        var began = 0.0
        var shown = 0.0
        var isVisible = false
        var shownTenth: Int64 = 0
    }

    private let mode: ProgressMode
    private let globals: GlobalOptions
    private let state = Mutex(State())
    private let stream = Terminal.standardError

    /// Work that ends before this many seconds shows nothing.
    private static let patience = 0.4
    private static let interval = 0.1

    /// The display that the options ask for.
    init(_ globals: GlobalOptions, title: String) {
        self.globals = globals
        mode = globals.quiet ? .none : globals.progress == .auto ? Self.automatic : globals.progress
        state.withLock { $0.title = PathText.printable(title) }
    }

    /// A bar where one can be drawn, lines on a terminal that obeys no control sequences, nothing in a log.
    private static var automatic: ProgressMode {
        let stream = Terminal.standardError
        return stream.isScreen ? .auto : stream.isTerminal ? .plain : .none
    }

    /// The display as operations are given it.
    var progress: OperationProgress {
        OperationProgress(
            transferred: report, distributed: distributionReport, spooled: spooled,
            waited: { [self] in say("note: \(ErrorSentence.words($0))") }, finish: { [self] in finish() })
    }

    /// What a transfer calls.
    private var report: @Sendable (TransferEvent) -> Void {
        { [self] event in
            switch event {
            case .chose, .indexed: break
            case .began(let totalBytes): begin(totalBytes)
            case .advanced(let bytes): advance(bytes)
            case .warned(let layer, let warning):
                if globals.verbose { say("layer \(layer.short), entry \(warning.entryIndex): \(warning.detail)") }
            case .unnamed(let label, let imageID):
                let isTag = SourceImage.isTag(label)
                let kind = isTag ? "a tag without a repository" : "not a valid image name"
                say("note: `\(label)` is \(kind): the image is kept without it, as \(imageID.short)")
            case .passedOver(let title, let platforms):
                say("note: \(title) is for \(platforms.map(\.description).joined(separator: ", ")): passed over")
            case .leftOut(let title, let parts):
                let reasons = parts.map { "\($0.title) (\(ErrorSentence($0.reason).message))" }
                say("note: \(title): left out \(ErrorSentence.list("", reasons).drop { $0 == " " })")
            case .absent(let layer, let urls):
                let place = urls.first.map { ", which is kept at \($0)" } ?? ""
                say("warning: the foreign layer \(layer)\(place), is not in the source: its content is not counted")
            case .mislabelled(let layer, let mediaType, let actual):
                say(
                    "warning: layer \(layer.short) is called \(mediaType) but its compression is `\(actual.rawValue)`; read by content"
                )
            }
        }
    }

    /// What reading a pipe or a compressed archive calls with all bytes read so far; how many there will be is not known.
    private var spooled: @Sendable (Int64) -> Void {
        { [self] bytes in
            guard mode != .none else { return }
            state.withLock { state in
                if state.began == 0 { state.began = Clock.monotonicSeconds }
                state.doneBytes = bytes
                draw(&state)
            }
        }
    }

    /// Takes the bar off the screen.
    func finish() {
        state.withLock { state in
            if state.isVisible, mode == .auto { stream.clearLine() }
            state.isVisible = false
        }
    }

    private func begin(_ totalBytes: Int64) {
        state.withLock { state in
            state.totalBytes = totalBytes
            state.doneBytes = 0
            state.shownTenth = 0
            state.began = Clock.monotonicSeconds
        }
    }

    private func advance(_ bytes: Int64) {
        guard mode != .none else { return }
        state.withLock { state in
            state.doneBytes += bytes
            draw(&state)
        }
    }

    /// A remark that does not tear the bar.
    func say(_ text: String) {
        state.withLock { state in
            if state.isVisible, mode == .auto { stream.clearLine() }
            globals.note(text)
        }
    }

    private func draw(_ state: inout State) {
        let now = Clock.monotonicSeconds
        guard now - state.began >= Self.patience, now - state.shown >= Self.interval else { return }
        state.shown = now
        if mode == .plain {
            let tenth = state.totalBytes > 0 ? state.doneBytes * 10 / state.totalBytes : state.doneBytes >> 28
            guard tenth > state.shownTenth else { return }
            state.shownTenth = tenth
            stream.write(
                "\(ProgressLine(title: state.title, state.doneBytes, of: state.totalBytes, seconds: now - state.began).plain)\n")
        } else {
            state.isVisible = true
            let line = ProgressLine(title: state.title, state.doneBytes, of: state.totalBytes, seconds: now - state.began)
            stream.draw(line.bar(width: stream.width))
        }
    }
}

/// One state of a progress display, as text.
struct ProgressLine {
    let title: String
    let doneBytes: Int64
    /// 0 when nobody knows.
    let totalBytes: Int64
    let seconds: Double

    init(title: String, _ doneBytes: Int64, of totalBytes: Int64, seconds: Double) {
        self.title = title
        self.doneBytes = doneBytes
        self.totalBytes = totalBytes
        self.seconds = seconds
    }

    private var ratio: Double { totalBytes > 0 ? min(1, Double(doneBytes) / Double(totalBytes)) : 0 }

    /// `scanning app.tar: 512MB of 1.1GB`.
    var plain: String {
        "\(title): \(ByteText.text(doneBytes))" + (totalBytes > 0 ? " of \(ByteText.text(totalBytes))" : "")
    }

    /// The same with a bar, the speed and the seconds left, in less than `width` columns.
    func bar(width: Int) -> String {
        let speed = seconds > 0 ? Int64(Double(doneBytes) / seconds) : 0
        var facts = totalBytes > 0 ? "\(ByteText.text(doneBytes))/\(ByteText.text(totalBytes))" : ByteText.text(doneBytes)
        facts += "  \(ByteText.text(speed))/s"
        if totalBytes > 0, speed > 0 { facts += "  \(max(0, totalBytes - doneBytes) / speed)s left" }
        let room = width - 1 - facts.count - 2
        let shortTitle = TextColumns.prefix(title, max(0, room / 2))
        let cells = room - TextColumns.width(shortTitle) - 4
        guard totalBytes > 0, cells >= 8 else { return "\(shortTitle)  \(facts)" }
        let full = Int(ratio * Double(cells))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: cells - full)
        return "\(shortTitle) [\(bar)]  \(facts)"
    }
}

extension ProgressDisplay {
    /// What a transfer calls whose layers go into one bar.
    var distributionReport: @Sendable (DistributionEvent) -> Void {
        let total = Mutex<Int64>(0)
        let report = report
        return { [self] event in
            switch event {
            case .damaged(let digest): say(TransferDisplay.text(ofDamaged: digest))
            case .layer(_, .waiting(let bytes)):
                let sum = total.withLock { total in
                    total += bytes
                    return total
                }
                report(.began(totalBytes: sum))
            case .layer(_, .advanced(let bytes)): report(.advanced(bytes: bytes))
            case .layer(_, .resumed(let bytes)): report(.advanced(bytes: bytes))
            default: return
            }
        }
    }
}
