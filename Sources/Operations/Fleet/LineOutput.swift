import OCISpec
import StorageIO
import Synchronization

/// Where lines go, from several threads: each piece whole, and none between two pieces of one call.
package final class LineOutput: Sendable {
    /// Why nothing more is taken.
    package struct Failure: Error, Hashable, Sendable {
        /// The system's reason; `EPIPE` where the reader has gone.
        package let errno: Int32
    }

    private let take: @Sendable (UnsafeRawBufferPointer) -> Int32
    /// The first failure.
    private let failure = Mutex<Failure?>(nil)

    /// An output to `take`, which writes all of some bytes, and returns the system's reason where it could not, else 0.
    package init(_ take: @escaping @Sendable (UnsafeRawBufferPointer) -> Int32) { self.take = take }

    /// Whether nothing more is taken.
    package var hasFailed: Bool { failure.withLock { $0 != nil } }

    /// Throws the first failure, if there was one.
    package func check() throws(Failure) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Writes whole lines.
    package func write(_ bytes: [UInt8]) throws(Failure) {
        try write { writer throws(Failure) in try writer.write(bytes) }
    }

    /// Takes the pieces of lines.
    struct Writer {
        fileprivate let take: (UnsafeRawBufferPointer) -> Int32

        /// Writes a piece.
        func write(_ piece: UnsafeRawBufferPointer) throws(Failure) {
            let reason = take(piece)
            if reason != 0 { throw Failure(errno: reason) }
        }

        /// The same of an array.
        func write(_ piece: [UInt8]) throws(Failure) {
            let reason = piece.withUnsafeBytes { take($0) }
            if reason != 0 { throw Failure(errno: reason) }
        }
    }

    /// Writes whole lines that come in pieces; nothing else is written in between.
    func write(_ body: (Writer) throws(Failure) -> Void) throws(Failure) {
        let writer = Writer(take: take)
        let outcome: Result<Void, Failure> = failure.withLock { failure in
            if let failure { return .failure(failure) }
            do throws(Failure) {
                try body(writer)
                return .success(())
            } catch {
                failure = error
                return .failure(error)
            }
        }
        try outcome.get()
    }
}
