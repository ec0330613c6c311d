import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage

/// The lines of one layer's entries, until it is known that the layer is what its digest says: then they leave whole, else none does.
///
/// Up to some size they are in memory, beyond that in a nameless file, whose space is free again when it is let go.
final class EntrySpool: Sendable {
    private struct State {
        var line = JSONLine()
        var count = 0
        var contentBytes: Int64 = 0
        var file: File?
        var fileBytes: Int64 = 0
        var failure: StorageError?
    }

    private let state = Mutex(State())
    private let beginning: [UInt8]
    private let isWriting: Bool
    private let makeFile: @Sendable () throws(StorageError) -> File

    /// Bytes in memory at most, but for the lines of one piece.
    private static let mostBytes = 4 << 20

    /// A spool for the layer with this digest; without `isWriting` entries are counted and not kept.
    init(_ digest: Digest, isWriting: Bool, makeFile: @escaping @Sendable () throws(StorageError) -> File) {
        beginning = EntryLine.beginning(digest)
        self.isWriting = isWriting
        self.makeFile = makeFile
    }

    /// How many entries have come.
    var count: Int { state.withLock { $0.count } }
    /// Bytes of their files.
    var contentBytes: Int64 { state.withLock { $0.contentBytes } }

    /// Takes entries in their order.
    func take(_ index: LayerIndex, isTable: Bool = false) {
        state.withLock { state in
            let first = state.count
            state.count += index.count
            state.contentBytes += index.contentBytes
            guard isWriting, state.failure == nil else { return }
            EntryLine.write(index, first: first, isTable: isTable, after: beginning, to: &state.line)
            guard state.line.count > Self.mostBytes else { return }
            do throws(StorageError) { try spill(&state) } catch { state.failure = error }
        }
    }

    private func spill(_ state: inout State) throws(StorageError) {
        let file: File
        if let known = state.file { file = known } else { file = try makeFile() }
        state.file = file
        let bytes = state.line.bytes
        try file.write(bytes, at: state.fileBytes)
        state.fileBytes += Int64(bytes.count)
        state.line.removeAll()
    }

    /// Throws what kept the entries from being kept.
    func check() throws(StorageError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Writes all lines, and then the layer's own.
    func write(then answer: [UInt8], to output: LineOutput) throws(EntrySpoolError) {
        let (file, fileBytes, line) = state.withLock { ($0.file, $0.fileBytes, $0.line.bytes) }
        var failure: StorageError?
        do throws(LineOutput.Failure) {
            try output.write { writer throws(LineOutput.Failure) in
                if let file { failure = try Self.copy(file, fileBytes, to: writer) }
                // Half a layer is told as one that failed, by whoever called.
                guard failure == nil else { return }
                try writer.write(line)
                try writer.write(answer)
            }
        } catch {
            throw .output(error)
        }
        if let failure { throw .storage(failure) }
    }

    private static func copy(
        _ file: File, _ byteCount: Int64, to writer: LineOutput.Writer
    ) throws(LineOutput.Failure) -> StorageError? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var position: Int64 = 0
        while position < byteCount {
            let wanted = Int(min(Int64(buffer.count), byteCount - position))
            let count: Int
            do throws(StorageError) {
                count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
            } catch {
                return error
            }
            if count == 0 { return StorageError(.read, file.path, .ioError) }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += Int64(count)
        }
        return nil
    }
}

/// Why a layer's lines did not leave.
enum EntrySpoolError: Error {
    /// Nobody takes them.
    case output(LineOutput.Failure)
    /// The nameless file could not be read.
    case storage(StorageError)
}
