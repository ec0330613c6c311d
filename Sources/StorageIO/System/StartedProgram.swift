package import Glibc
package import SystemPackage

/// Starting another program.
package enum StartedProgram {
    /// Starts the program at `path` and returns its process; the system's reason where it starts none.
    ///
    /// Signals are as a shell leaves them: none is blocked, each has its default action. `words` begin with the program's name.
    /// Without `environment`, lines `NAME=value`, it has this process's own. `isAlone` puts it in a process group of its own.
    package static func start(
        _ path: String, _ words: [String], environment: [String]? = nil, actions: inout posix_spawn_file_actions_t,
        isAlone: Bool = false
    ) throws(Errno) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = isAlone ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { $0.map { strdup($0) } + [nil] }
        defer { for text in arguments + (variables ?? []) { free(text) } }
        var process = pid_t()
        let reason =
            if let variables {
                posix_spawn(&process, path, &actions, &attributes, arguments, variables)
            } else {
                posix_spawn(&process, path, &actions, &attributes, arguments, environ)
            }
        guard reason == 0 else { throw Errno(rawValue: reason) }
        return process
    }
}
