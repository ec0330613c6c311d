import ImageBuild
import OCISpec
import Operations
import Reports
import Synchronization
import TextValues

/// Shows the steps of a build: in logs each with what its command writes, on a terminal one line a step and the output of one
/// that fails.
///
/// Called from several threads.
final class BuildDisplay: Sendable {
    private struct State {
        /// The end of what each running step has written, for when it fails.
        var tails: [Int: [UInt8]] = [:]
        var began: [Int: Double] = [:]
        /// The steps that run; those of several stages may at the same time.
        var running: [Int: StepLabel] = [:]
        /// A line that has not ended yet, by step.
        var partial: [Int: [UInt8]] = [:]
    }

    private enum Mode { case none, plain, terminal }

    private let mode: Mode
    private let globals: GlobalOptions
    private let stream = Terminal.standardError
    private let state = Mutex(State())
    private static let tailBytes = 8 << 10

    init(_ globals: GlobalOptions) {
        self.globals = globals
        if globals.quiet || globals.progress == .none {
            mode = .none
        } else {
            mode = globals.progress == .auto && Terminal.standardError.isScreen ? .terminal : .plain
        }
    }

    func report(_ event: BuildEvent) {
        state.withLock { state in
            switch event {
            case .began(let label):
                state.began[label.number] = Clock.monotonicSeconds
                state.running[label.number] = label
                switch mode {
                case .none: break
                case .plain: stream.write("#\(label.number) \(Self.title(label))\n")
                case .terminal: show(label)
                }
            case .output(let label, let bytes):
                state.tails[label.number] = Array(((state.tails[label.number] ?? []) + bytes).suffix(Self.tailBytes))
                if mode == .plain { show(bytes, of: label, &state) }
            case .finished(let label, let isCached, let layer):
                let seconds = Clock.monotonicSeconds - (state.began.removeValue(forKey: label.number) ?? 0)
                state.tails[label.number] = nil
                flush(label, &state)
                state.running[label.number] = nil
                finish(label, isCached, layer, seconds)
                if mode == .terminal, let other = state.running.max(by: { $0.key < $1.key })?.value { show(other) }
            case .warned(let text):
                if !globals.quiet { say("warning: \(text)") }
            }
        }
    }

    /// Takes the running line off a terminal, and shows the end of what a failed step wrote.
    func fail() {
        state.withLock { state in
            if mode == .terminal { stream.clearLine() }
            guard mode != .plain else {
                for label in state.running.values.sorted(by: { $0.number < $1.number }) { flush(label, &state) }
                return
            }
            let tails = state.tails.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
            for (number, tail) in tails {
                if tails.count > 1, let label = state.running[number] { stream.write("\(Self.title(label)):\n") }
                _ = stream.write(tail + (tail.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]))
            }
        }
    }

    private func show(_ label: StepLabel) { stream.draw(fitted(" => \(Self.title(label))")) }

    private func finish(_ label: StepLabel, _ isCached: Bool, _ layer: BuildLayer?, _ seconds: Double) {
        let time = String(Int(seconds * 10)).leftPadded(2).tenths
        let size = layer.map { ", layer \(ByteText.text($0.descriptor.size))" } ?? ""
        switch mode {
        case .none: break
        case .plain: stream.write("#\(label.number) \(isCached ? "CACHED" : "DONE \(time)s")\(size)\n")
        case .terminal:
            let mark = isCached ? "CACHED " : ""
            stream.draw(fitted(" => \(mark)\(Self.title(label))  \(isCached ? "" : "\(time)s")\(size)"), isLast: true)
        }
    }

    private func show(_ bytes: [UInt8], of label: StepLabel, _ state: inout State) {
        var lines = (state.partial[label.number] ?? []) + bytes
        while let end = lines.firstIndex(of: UInt8(ascii: "\n")) {
            _ = stream.write(Array("#\(label.number) ".utf8) + lines[...end])
            lines.removeSubrange(...end)
        }
        state.partial[label.number] = lines
    }

    private func flush(_ label: StepLabel, _ state: inout State) {
        guard let rest = state.partial.removeValue(forKey: label.number), !rest.isEmpty, mode == .plain else { return }
        _ = stream.write(Array("#\(label.number) ".utf8) + rest + [UInt8(ascii: "\n")])
    }

    private func say(_ text: String) {
        if mode == .terminal { stream.clearLine() }
        stream.write("strata: \(PathText.printable(text))\n")
    }

    private func fitted(_ text: String) -> String { TextColumns.prefix(text, max(20, stream.width - 1)) }

    private static func title(_ label: StepLabel) -> String {
        PathText.printable("[\(label.stage.map { "\($0) " } ?? "")\(label.position)/\(label.count)] \(label.text)")
    }
}

extension String {
    fileprivate func leftPadded(_ count: Int) -> String { String(repeating: "0", count: max(0, count - self.count)) + self }

    /// A number of tenths as a decimal.
    fileprivate var tenths: String { "\(dropLast()).\(suffix(1))" }
}
