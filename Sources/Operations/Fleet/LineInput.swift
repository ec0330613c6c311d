import Glibc
package import LayerArchive
import Synchronization

/// Lines of a stream; several threads may take from one.
///
/// Each line is taken as soon as it has come whole, so that whoever waits for an answer before he writes on gets it.
package final class LineInput: Sendable {
    /// What was taken.
    package enum Line: Sendable {
        /// The line's bytes, without its end.
        case bytes([UInt8])
        /// A line of more bytes than are read.
        case tooLong
    }

    /// Bytes of a line at most.
    package static let maxBytes = 64 << 20
    private static let stepBytes = 256 << 10

    private struct State: ~Copyable {
        let source: any ByteSource
        var buffer: [UInt8] = []
        var start = 0
        /// Up to where the buffer is known to have no line's end.
        var searched = 0
        var isAtEnd = false
        /// Whether a line that is too long is being passed over.
        var isSkipping = false
    }

    private let state: Mutex<State>

    /// The lines of a source, from where it stands; nobody else may use it from now on.
    package init(_ source: sending any ByteSource) { state = Mutex(State(source: source)) }

    /// The next line; nil at the end.
    package func next() throws(LayerArchiveError) -> Line? {
        let outcome: Result<Line?, LayerArchiveError> = state.withLock { state in
            do throws(LayerArchiveError) { return .success(try Self.next(&state)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private static func next(_ state: inout State) throws(LayerArchiveError) -> Line? {
        while true {
            if let end = end(in: state.buffer, from: state.searched) {
                defer { pass(over: end + 1, in: &state) }
                if state.isSkipping {
                    state.isSkipping = false
                    return .tooLong
                }
                return .bytes(Array(state.buffer[state.start..<end]))
            }
            state.searched = state.buffer.count
            if state.isAtEnd {
                guard state.searched > state.start || state.isSkipping else { return nil }
                defer { pass(over: state.searched, in: &state) }
                if state.isSkipping {
                    state.isSkipping = false
                    return .tooLong
                }
                return .bytes(Array(state.buffer[state.start...]))
            }
            if state.searched - state.start > maxBytes || state.isSkipping {
                state.isSkipping = true
                pass(over: state.searched, in: &state)
            }
            try readOn(&state)
        }
    }

    private static func end(in buffer: [UInt8], from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    private static func pass(over end: Int, in state: inout State) {
        state.start = end
        state.searched = end
    }

    private static func readOn(_ state: inout State) throws(LayerArchiveError) {
        if state.start > 0 {
            state.buffer.removeSubrange(..<state.start)
            state.searched -= state.start
            state.start = 0
        }
        let count = state.buffer.count
        state.buffer.append(contentsOf: repeatElement(0, count: stepBytes))
        let source = state.source
        let outcome = state.buffer.withUnsafeMutableBytes { bytes -> Result<Int, LayerArchiveError> in
            do throws(LayerArchiveError) {
                return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...])))
            } catch {
                return .failure(error)
            }
        }
        let read: Int
        do { read = try outcome.get() } catch {
            state.buffer.removeLast(stepBytes)
            throw error
        }
        state.buffer.removeLast(stepBytes - read)
        state.isAtEnd = read == 0
    }
}
