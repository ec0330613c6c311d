import Distribution
import ImageTransfer
import Operations
import Reports
import Synchronization

/// How far the reading of an image is: for the status line, and the layers as soon as its documents are known.
final class ImageProgress: Sendable {
    private struct State {
        var outlines: [ImageOutline] = []
        var doneBytes: Int64 = 0
        var totalBytes: Int64 = 0
        var indexedCount = 0
    }

    private let state = Mutex(State())
    private let title: String

    init(_ title: String) { self.title = title }

    /// The documents of the images that are being read, as far as they are known.
    var outlines: [ImageOutline] { state.withLock(\.outlines) }

    /// Layers that were read so far; the catalog has them.
    var indexedCount: Int { state.withLock(\.indexedCount) }

    /// As operations are given it; the words go to `report`.
    func progress(_ report: @escaping Job.Report) -> OperationProgress {
        OperationProgress(
            transferred: { [self] event in
                switch event {
                case .chose(let outline): state.withLock { $0.outlines.append(outline) }
                case .began(let total): state.withLock { ($0.totalBytes, $0.doneBytes) = ($0.totalBytes + total, $0.doneBytes) }
                case .advanced(let bytes): state.withLock { $0.doneBytes += bytes }
                case .indexed: state.withLock { $0.indexedCount += 1 }
                default: return
                }
                tell(report)
            },
            distributed: { [self] event in
                switch event {
                case .layer(_, .waiting(let bytes)): state.withLock { $0.totalBytes += bytes }
                case .layer(_, .advanced(let bytes)), .layer(_, .resumed(let bytes)): state.withLock { $0.doneBytes += bytes }
                case .layer(_, .complete): state.withLock { $0.indexedCount += 1 }
                default: return
                }
                tell(report)
            },
            spooled: { [self] bytes in
                state.withLock { $0.doneBytes = bytes }
                tell(report)
            },
            finish: {})
    }

    private func tell(_ report: Job.Report) {
        let (done, total) = state.withLock { ($0.doneBytes, $0.totalBytes) }
        let share = total > 0 ? min(1, Double(done) / Double(total)) : nil
        let words = done == 0 ? "reading \(title)" : "reading \(title): \(ByteText.text(done))"
        report(total > 0 ? "\(words) of \(ByteText.text(total))" : words, share)
    }
}
