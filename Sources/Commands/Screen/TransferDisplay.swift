import Distribution
import Glibc
import OCISpec
import Operations
import Reports
import Synchronization
import TextValues

/// Shows what becomes of each layer of a pull or a push: docker's lines, and on a terminal bars that move.
///
/// Called from several threads.
final class TransferDisplay: Sendable {
    /// The words for a direction.
    struct Words: Sendable {
        var waiting, moving, complete, exists: String
        static let pull = Words(
            waiting: "Pulling fs layer", moving: "Downloading", complete: "Pull complete", exists: "Already exists")
        static let push = Words(waiting: "Preparing", moving: "Pushing", complete: "Pushed", exists: "Layer already exists")
    }

    private struct Row {
        var digest: Digest
        var text: String
        var totalBytes: Int64 = 0
        var doneBytes: Int64 = 0
        var isMoving = false
        var isDone = false
    }

    private struct State {
        var rows: [Row] = []
        var drawnCount = 0
        var shown = 0.0
    }

    private let globals: GlobalOptions
    private let words: Words
    /// Whether bars are drawn, on standard error; else each change is a line of the result.
    private let isLive: Bool
    private let showsResult: Bool
    /// The result's first line, written when the registry has answered.
    private let heading: String?
    private let state = Mutex(State())
    private let stream = Terminal.standardError

    init(_ globals: GlobalOptions, words: Words = .pull, heading: String? = nil, showsResult: Bool) {
        self.globals = globals
        self.words = words
        self.showsResult = showsResult
        self.heading = heading
        isLive = showsResult && globals.progress == .auto && Terminal.standardError.isScreen
    }

    /// The display as operations are given it.
    var progress: OperationProgress {
        OperationProgress(
            distributed: report, waited: { [self] in say("note: \(ErrorSentence.words($0))") }, finish: { [self] in finish() })
    }

    /// What a transfer calls.
    private var report: @Sendable (DistributionEvent) -> Void {
        { [self] event in
            switch event {
            case .resolved: if let heading, showsResult { line(heading) }
            case .layer(let digest, let stage): state.withLock { update(&$0, digest, stage) }
            case .damaged(let digest): say(Self.text(ofDamaged: digest))
            case .mirrorFailed(let name, let error):
                say("note: the mirror \(name) does not give the image: \(ErrorSentence(error).message)")
            case .onlyPlatform(let platform):
                say("note: not all platforms of the index are in the store: only the image for \(platform) is pushed")
            }
        }
    }

    static func text(ofDamaged digest: Digest) -> String {
        "warning: the store's copy of blob \(digest) is damaged: the registry's takes its place"
    }

    /// Draws the last state; what comes afterwards is another transfer's.
    private func finish() {
        state.withLock { state in
            if isLive { draw(&state, isLast: true) }
            state = State()
        }
    }

    private func say(_ text: String) {
        state.withLock { state in
            if isLive { erase(&state) }
            globals.note(text)
        }
    }

    private func update(_ state: inout State, _ digest: Digest, _ stage: DistributionEvent.Stage) {
        let place: Int
        if let found = state.rows.firstIndex(where: { $0.digest == digest }) {
            place = found
        } else {
            place = state.rows.count
            state.rows.append(Row(digest: digest, text: ""))
        }
        let old = state.rows[place].text
        apply(stage, to: &state.rows[place])
        let row = state.rows[place]
        if isLive {
            let now = Clock.monotonicSeconds
            if row.text != old || now - state.shown >= 0.1 {
                state.shown = now
                draw(&state)
            }
        } else if showsResult, row.text != old, !row.isMoving {
            line("\(row.digest.short): \(row.text)")
        }
    }

    /// A line of the result; that nobody reads it any more is no failure of the transfer.
    private func line(_ text: String) {
        do throws(CommandError) {
            try Output.write(PathText.printable(text) + "\n")
        } catch {
            // The last line, which says what came of it, meets the same reader and fails aloud.
        }
    }

    private func apply(_ stage: DistributionEvent.Stage, to row: inout Row) {
        row.isMoving = false
        row.isDone = stage.isLast
        switch stage {
        case .waiting(let totalBytes):
            row.totalBytes = totalBytes
            row.text = words.waiting
        case .alreadyExists: row.text = words.exists
        case .elsewhere: row.text = "Waiting for another process"
        case .resumed(let bytes):
            row.doneBytes = bytes
            row.text = "Resuming"
        case .advanced(let bytes):
            row.doneBytes += bytes
            row.isMoving = true
            row.text = words.moving
        case .compressing: row.text = "Compressing"
        case .mounted(let repository): row.text = "Mounted from \(repository)"
        case .absent: row.text = "Skipped foreign layer"
        case .complete: row.text = words.complete
        }
    }

    private func erase(_ state: inout State) {
        guard state.drawnCount > 0 else { return }
        stream.draw([], over: state.drawnCount)
        state.drawnCount = 0
    }

    private func draw(_ state: inout State, isLast: Bool = false) {
        let (width, height) = (stream.width, stream.height)
        var lines = state.rows.map { Self.line($0, width: width) }
        if lines.count >= height, !isLast {
            // What has scrolled off the top cannot be drawn again, so only what still happens is shown.
            let open = state.rows.filter { !$0.isDone }
            lines = open.prefix(max(1, height - 2)).map { Self.line($0, width: width) }
            lines.append("\(state.rows.count - open.count) of \(state.rows.count) layers are done")
        }
        stream.draw(lines, over: state.drawnCount)
        state.drawnCount = lines.count
    }

    private static func line(_ row: Row, width: Int) -> String {
        let start = "\(row.digest.short): \(row.text)"
        guard row.isMoving, row.totalBytes > 0 else { return TextColumns.prefix(start, width - 1) }
        let figures = "\(ByteText.text(row.doneBytes))/\(ByteText.text(row.totalBytes))"
        let cells = min(50, width - 1 - TextColumns.width(start) - figures.count - 5)
        guard cells >= 8 else { return TextColumns.prefix("\(start) \(figures)", width - 1) }
        let full = Int(Double(cells) * min(1, Double(row.doneBytes) / Double(row.totalBytes)))
        let bar = String(repeating: "=", count: max(0, full - 1)) + (full > 0 ? ">" : "")
        return "\(start) [\(bar)\(String(repeating: " ", count: cells - full))]  \(figures)"
    }
}

extension DistributionEvent.Stage {
    /// Whether nothing more happens to the layer.
    fileprivate var isLast: Bool {
        switch self {
        case .alreadyExists, .mounted, .absent, .complete: true
        case .waiting, .elsewhere, .resumed, .advanced, .compressing: false
        }
    }
}
