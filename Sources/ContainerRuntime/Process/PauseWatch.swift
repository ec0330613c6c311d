import CLinux
package import ContentStorage
import Glibc
import StorageIO

/// A process of this very program that lets a paused container go on when the one that paused it was killed.
package enum PauseWatch {
    /// The first argument by which the program is told to be one.
    package static let verb = "--thaw"

    /// Starts one for the container of this ID; it acts when the file it returns is closed, unless that was dismissed.
    static func start(_ container: String) throws(RuntimeError) -> File {
        let (reading, writing) = try Pipes.make()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, reading.fd, 0)
        for fd in Int32(1)...2 { posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0) }
        _ = try SpawnedProcess.start([verb, container], actions: &actions)
        return writing
    }

    /// Tells one that there is nothing left to do.
    static func dismiss(_ watch: File) {
        var word: UInt8 = 1
        _ = write(watch.fd, &word, 1)
    }

    /// Is one, by the arguments behind the verb.
    package static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 1 else { return 2 }
        _ = setsid()
        _ = chdir("/")
        _ = strata_close_from(3)
        var word: UInt8 = 0
        var count = -1
        repeat { count = read(0, &word, 1) } while count < 0 && errno == EINTR
        if count != 1 { Freezer.release(arguments[0]) }
        return 0
    }
}

extension ContainerFolder {
    /// Runs `body` while the container is paused, so that nothing changes under it.
    ///
    /// One that is paused already stays so. One that does not run, or that nothing can pause, is left as it is. The container goes on also
    /// when this process is killed meanwhile.
    package func paused<T>(_ body: () throws -> T) throws -> T {
        guard let freezer = Freezer(of: name), try status().isRunning else { return try body() }
        // One after another: the end of the first pause would be that of the second.
        let turn = try FileLock.acquire(directory: directory.directory(Self.mergedName), .exclusive, patience: .seconds(86_400))
        defer { turn.release() }
        if freezer.isFrozen { return try body() }
        let watch = try PauseWatch.start(name)
        do { try freezer.freeze() } catch {
            // It has ended meanwhile.
            if try lift(try status(), to: RuntimeError.init).isRunning { throw error }
        }
        defer {
            do throws(RuntimeError) {
                try freezer.thaw()
                PauseWatch.dismiss(watch)
            } catch {
                // It has ended meanwhile, and if not the watch tries once more.
            }
        }
        return try body()
    }
}
