import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Errors of what is written for a user name the path that the user gave, not the hidden one beside it.
struct OutputNameTests {
    @Test func aFileThatCannotBeBegunIsNamedAsItWasCalled() {
        let error = #expect(throws: StorageError.self) { try OutputFile.create(at: "/proc/strata-result") }
        #expect(error?.path == "/proc/strata-result")
    }

    @Test func aFolderThatCannotBeBegunIsNamedAsItWasCalled() {
        let error = #expect(throws: StorageError.self) { try OutputFolder.create(at: "/proc/strata-result") }
        #expect(error?.path == "/proc/strata-result")
    }
}
