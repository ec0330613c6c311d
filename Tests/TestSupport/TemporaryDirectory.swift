import Foundation

/// A directory for one test, removed with all in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// The directory's path, without a slash at its end.
    package let path: String

    /// Makes a new directory below the system's place for temporary files.
    package init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("strata-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of something in the directory.
    package func path(_ name: String) -> String { "\(path)/\(name)" }
}
