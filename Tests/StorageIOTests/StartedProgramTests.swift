import Glibc
import StorageIO
import SystemPackage
import Testing

/// Programs that this one starts.
struct StartedProgramTests {
    /// Starts a script of the shell, and returns what it wrote.
    private func run(_ script: String, environment: [String]? = nil, isAlone: Bool = false) throws -> String {
        let pipe = try File.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe.writing.fd, 1)
        let process = try StartedProgram.start(
            "/bin/sh", ["sh", "-c", script], environment: environment, actions: &actions, isAlone: isAlone)
        var status: Int32 = 0
        try #require(waitpid(process, &status, 0) == process && status == 0)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(pipe.reading.fd, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func itHasTheVariablesThatItIsGiven() throws {
        #expect(try run("echo $GREETING", environment: ["GREETING=hello"]) == "hello\n")
        #expect(try run("test -n \"$PATH\" && echo found") == "found\n")
    }

    @Test func noSignalIsIgnoredOrBlocked() throws {
        var (blocked, before) = (sigset_t(), sigset_t())
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGUSR1)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let words = try run("grep -E '^Sig(Blk|Ign)' /proc/self/status").split(whereSeparator: \.isWhitespace)
        try #require(words.count == 4 && words[0] == "SigBlk:" && words[2] == "SigIgn:")
        // The C library ignores the two signals that are its own.
        for set in [words[1], words[3]] { #expect((UInt64(set, radix: 16) ?? 1) & ~0x1_8000_0000 == 0, "\(words)") }
    }

    @Test(arguments: [true, false]) func itIsInAGroupOfItsOwnWhereItIsToBe(isAlone: Bool) throws {
        // The fifth word is the group.
        let text = try run("set -- $(cat /proc/$$/stat); test $5 = $$ && echo alone || echo together", isAlone: isAlone)
        #expect(text == (isAlone ? "alone\n" : "together\n"))
    }

    @Test func aProgramThatIsNotThereIsTheSystemsReason() {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        #expect(throws: Errno.noSuchFileOrDirectory) { try StartedProgram.start("/nowhere", ["nowhere"], actions: &actions) }
    }
}
