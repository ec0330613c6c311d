import ImageTransfer
package import StorageIO
import SystemPackage

/// Files and folders that an operation writes outside the store.
extension Workspace {
    /// Lets `body` write a file that takes the name `path` when all of it is there; standard output without a path.
    ///
    /// A reader that goes away early is no failure.
    package func write(to path: String?, _ body: (OutputFile) throws -> Void) throws {
        try OutputFile.writing(to: path, afterInterrupt: { [self] in endByASignal() }, body)
    }

    /// The same for a folder, whose files are a layout's.
    func write(toFolder path: String, _ body: (OutputFolder) throws -> Void) throws {
        let output = try Interruption.make { () throws(TransferError) in
            try lift(try OutputFolder.create(at: FilePath(path)), to: TransferError.output)
        } onInterrupt: { [self] output in
            output.discard()
            endByASignal()
        }
        defer { output.discard() }
        do {
            try body(output)
            try lift(try output.commit(OutgoingImages.topNames), to: TransferError.output)
        } catch TransferError.output(let error) {
            // Its files are hidden until then: only the folder has a name that the user knows.
            throw TransferError.output(StorageError(error.operation, path, error.errno))
        }
    }
}

extension OutputFile {
    /// Lets `body` write a file as `Workspace.write` does; a signal that ends the process discards it, and then does `afterInterrupt`.
    static func writing(
        to path: String?, afterInterrupt: @escaping @Sendable () -> Void, _ body: (OutputFile) throws -> Void
    ) throws {
        let output = try Interruption.make { () throws(TransferError) in
            try lift(to: TransferError.output) { () throws(StorageError) in
                guard let path else { return try OutputFile.stream(.standardOutput, path: "standard output") }
                // A slash at the end means a folder, and file paths lose it.
                if path.utf8.last == UInt8(ascii: "/") { throw StorageError(.open, path, .isDirectory) }
                return try OutputFile.create(at: FilePath(path))
            }
        } onInterrupt: { output in
            output.discard()
            afterInterrupt()
        }
        defer { output.discard() }
        do {
            try body(output)
            try lift(try output.commit(), to: TransferError.output)
        } catch TransferError.output(let error) where error.errno == .brokenPipe {
            return
        }
    }
}
