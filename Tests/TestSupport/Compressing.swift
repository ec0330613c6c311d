package import Foundation
package import OCISpec

/// A program of the distribution that compresses a file to its standard output.
package enum Compressor: String, Sendable, CaseIterable {
    case gzip, zstd, xz, bzip2, lz4

    /// Why there is no compressed form to test with.
    package struct Failure: Error {
        package let program: String
        package let status: Int32
    }

    /// `bytes` compressed by the program at its default level, or with `options` such as `-9`.
    package func callAsFunction(_ bytes: [UInt8], _ options: String...) throws -> [UInt8] {
        try Self.run(rawValue, options + ["-c"], on: bytes)
    }

    /// What `program arguments… FILE` writes, FILE holding `bytes`.
    package static func run(_ program: String, _ arguments: [String], on bytes: [UInt8]) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { _ = try? FileManager.default.removeItem(at: folder) }
        let input = folder.appendingPathComponent("in")
        let output = folder.appendingPathComponent("out")
        try Data(bytes).write(to: input)
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments + [input.path]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(program: program, status: process.terminationStatus)
        }
        return [UInt8](try Data(contentsOf: output))
    }
}

/// The SHA-256 of `bytes`, as a descriptor carries it.
package func sha256(_ bytes: some DataProtocol) -> OCISpec.Digest {
    var hash = StreamHash()
    for region in bytes.regions { region.withUnsafeBytes { hash.update($0) } }
    return hash.digest()
}
