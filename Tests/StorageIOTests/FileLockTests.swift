import Dispatch
import Glibc
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct FileLockTests {
    let scratch: TemporaryDirectory
    let directory: Directory

    init() throws {
        scratch = try TemporaryDirectory()
        directory = try Directory.open(FilePath(scratch.path))
    }

    @Test func sharedHoldersGoTogether() throws {
        let first = try FileLock.acquire("lock", in: directory, .shared, patience: .zero)
        defer { first.release() }
        let second = try FileLock.attempt("lock", in: directory, .shared)
        #expect(second != nil)
    }

    @Test func exclusiveExcludesShared() throws {
        let first = try FileLock.acquire("lock", in: directory, .exclusive, patience: .zero)
        defer { first.release() }
        #expect(try FileLock.attempt("lock", in: directory, .shared) == nil)
    }

    @Test func sharedExcludesExclusive() throws {
        let first = try FileLock.acquire("lock", in: directory, .shared, patience: .zero)
        defer { first.release() }
        #expect(try FileLock.attempt("lock", in: directory, .exclusive) == nil)
    }

    @Test func waitingRunsOutAsBusy() throws {
        let first = try FileLock.acquire("lock", in: directory, .exclusive, patience: .zero)
        defer { first.release() }
        let error = #expect(throws: StorageError.self) {
            try FileLock.acquire("lock", in: directory, .exclusive, patience: .milliseconds(30))
        }
        #expect(error?.isBusy == true)
        #expect(error?.path == scratch.path("lock"))
    }

    @Test func aReleasedLockIsFree() throws {
        let first = try FileLock.acquire("lock", in: directory, .exclusive, patience: .zero)
        first.release()
        #expect(try FileLock.attempt("lock", in: directory, .exclusive) != nil)
        withExtendedLifetime(first) {}
    }

    @Test func aLockEndsWithItsObject() throws {
        do { _ = try FileLock.acquire("lock", in: directory, .exclusive, patience: .zero) }
        #expect(try FileLock.attempt("lock", in: directory, .exclusive) != nil)
    }

    @Test func aDirectoryIsItsOwnLock() throws {
        let first = try FileLock.acquire(directory: directory, .exclusive, patience: .zero)
        defer { first.release() }
        #expect(try FileLock.attempt(directory: directory, .exclusive) == nil)
        #expect(try directory.names().isEmpty)
    }

    @Test func waitersGetTheLockOneByOne() {
        let meetings = Meetings()
        DispatchQueue.concurrentPerform(iterations: 8) { [directory] _ in
            do {
                let lock = try FileLock.acquire("lock", in: directory, .exclusive, patience: .seconds(20))
                defer { lock.release() }
                meetings.come()
                // Time in which another one could come in.
                usleep(1000)
                meetings.go()
            } catch {
                Issue.record(error)
            }
        }
        #expect(meetings.most == 1)
    }
}

/// Counts how many threads are at one place.
private final class Meetings: Sendable {
    private let count = Mutex((now: 0, most: 0))

    var most: Int { count.withLock { $0.most } }

    func come() { count.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }

    func go() { count.withLock { $0.now -= 1 } }
}
