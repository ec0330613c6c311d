import Foundation
import Glibc
import TestSupport
import Testing

/// Who may use a store: its owner, or a group for which somebody made its directory.
struct StoreAccessTests {
    private static let stranger = "setpriv --reuid 61234 --regid 61234 --clear-groups"

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func mode(_ path: String) -> UInt32 {
        var raw = stat()
        return lstat(path, &raw) == 0 ? raw.st_mode & 0o7777 : 0
    }

    /// What is in the store, with its status; symlinks aside, which have no modes of their own.
    private func contents() throws -> [(path: String, status: stat)] {
        try (FileManager.default.subpathsOfDirectory(atPath: bench.store) + ["."]).compactMap { path in
            var raw = stat()
            guard lstat("\(bench.store)/\(path)", &raw) == 0, raw.st_mode & S_IFMT != S_IFLNK else { return nil }
            return (path, raw)
        }
    }

    /// The program where any user can run it.
    private func publicProgram() throws -> String {
        let path = bench.folder.path("program")
        // By a process of its own: a file that this one has written may be open in a child, and cannot be run then.
        let copied = try bench.shell("cp \"$STRATA\" \"$1/program\" && chmod 755 \"$1\" \"$1/program\"", bench.folder.path)
        #expect(copied.status == 0, "\(copied.errors)")
        return path
    }

    // An owner's store

    @Test(arguments: ["000", "022", "077"]) func aNewStoreIsItsOwnersAlone(mask: String) throws {
        let made = try bench.shell(
            """
            umask \(mask); "$STRATA" load -q -i fixtures/app-docker.tar && "$STRATA" tag localhost/strata/app:1 localhost/b:1 &&
            "$STRATA" plan -a && "$STRATA" rmi localhost/b:1 && "$STRATA" image prune -af --trash 1h && "$STRATA" fsck
            """)
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        #expect(!made.errors.contains("closed the store"))
        for (path, status) in try contents() {
            #expect(status.st_mode & 0o077 == 0, "\(path) has mode \(String(status.st_mode & 0o7777, radix: 8))")
            #expect(status.st_mode & S_IFMT != S_IFDIR || status.st_mode & 0o700 == 0o700, "\(path)")
        }
    }

    @Test func inADirectoryThatHandsItsGroupDownItIsTheOwnersToo() throws {
        #expect(chmod(bench.folder.path, 0o2775) == 0)
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        #expect(mode(bench.store) & 0o777 == 0o700)
    }

    @Test(arguments: [0o755, 0o777, 0o2755, 0o710] as [mode_t])
    func anOpenStoreIsClosedOnceAndThatIsTold(before: mode_t) throws {
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        #expect(chmod(bench.store, before) == 0)
        let first = try bench.strata("images", "-q")
        #expect(first.status == 0)
        #expect(
            first.errors
                == "strata: closed the store \(bench.store) to other users: its mode was 0\(String(before, radix: 8)) and is "
                + "0\(String(before & 0o7700, radix: 8)) now\n")
        #expect(mode(bench.store) == before & 0o7700)
        #expect(try bench.strata("images", "-q").errors == "")
    }

    @Test func aDirectoryThatSomebodyMadeIsClosed() throws {
        try FileManager.default.createDirectory(atPath: bench.store, withIntermediateDirectories: true)
        #expect(chmod(bench.store, 0o755) == 0)
        let loaded = try bench.strata("load", "-q", "-i", "fixtures/app-docker.tar")
        #expect(loaded.status == 0 && loaded.errors.contains("closed the store"), "\(loaded.errors)")
        #expect(mode(bench.store) == 0o700)
    }

    @Test(.needsRoot, .needs("setpriv", "flock")) func strangersTakeNoLockAndReadNothing() throws {
        let program = try publicProgram()
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        let outcome = try bench.shell(
            """
            for file in "$STRATA_STORE" "$STRATA_STORE"/locks/*.lock "$STRATA_STORE/ingest" "$STRATA_STORE/index.json"; do
                \(Self.stranger) flock -n "$file" true 2>/dev/null && echo "$file can be locked"
            done
            \(Self.stranger) "$1" save localhost/strata/app:1 2>/dev/null | wc -c
            \(Self.stranger) "$1" images; echo $?
            """, program)
        #expect(outcome.output == "0\n3\n", "\(outcome.output)")
        #expect(outcome.errors.contains("Permission denied"), "\(outcome.errors)")
    }

    // Layouts of other tools

    @Test func aLayoutOfAnotherToolKeepsItsModes() throws {
        let store = try BuiltStore.ofThree()
        func mode(_ name: String) -> UInt32 { self.mode(store.path(name)) }
        #expect(chmod(store.bench.store, 0o755) == 0)
        let load = ["load", "-q", "-i", "fixtures/app-docker.tar"]
        for arguments in [["tag", "localhost/a:1", "localhost/d:1"], load, ["images"]] {
            let outcome = try store.bench.program.run(arguments)
            #expect(outcome.status == 0 && !outcome.errors.contains("closed"), "\(outcome.errors)")
        }
        #expect(mode(".") == 0o755)
        #expect(mode("blobs") & 0o055 == 0o055 && mode("blobs/sha256") & 0o055 == 0o055)
        for name in store.bench.names("blobs/sha256") { #expect(mode("blobs/sha256/\(name)") & 0o044 == 0o044) }
        for name in ["index.json", "oci-layout", "strata.json"] { #expect(mode(name) == 0o644, "\(name)") }
        for name in ["locks", "ingest"] { #expect(mode(name) == 0o700, "\(name)") }
        #expect(mode("catalog.sqlite") == 0o600)
    }

    @Test func collectionInALayoutLeavesItsModes() throws {
        let store = try BuiltStore.ofThree()
        #expect(chmod(store.bench.store, 0o755) == 0)
        try store.edit { $0.removeLast() }
        try store.bench.succeed("gc", "--min-age", "0s", "--layout", store.bench.store)
        #expect(mode(store.bench.store) == 0o755 && mode(store.path("locks")) == 0o700)
        #expect(mode(store.path("index.json")) & 0o044 == 0o044)
    }

    // Groups

    @Test(.needsRoot, .needs("setpriv", "flock"), arguments: ["077", "022", "002"])
    func aGroupSharesADirectoryMadeForIt(mask: String) throws {
        let program = try publicProgram()
        try FileManager.default.createDirectory(atPath: bench.store, withIntermediateDirectories: true)
        #expect(chown(bench.store, 61001, 61000) == 0 && chmod(bench.store, 0o2770) == 0)
        let outcome = try bench.shell(
            """
            as() { user=$1; shift; (umask \(mask); exec setpriv --reuid $user --regid $user --groups 61000 env HOME=/nowhere "$p" "$@"); }
            p=$1
            as 61001 load -q -i fixtures/app-docker.tar && as 61002 tag localhost/strata/app:1 localhost/b:1 &&
            as 61001 load -q -i fixtures/small-hybrid.tar && as 61002 load -q -i fixtures/app-oci-gzip.tar &&
            as 61002 rmi localhost/strata/app:1 && as 61001 rmi localhost/b:1 && as 61002 plan -a -q &&
            as 61001 gc --min-age 0s && as 61002 image prune -af --trash 1h && as 61001 undo && as 61002 system prune -af &&
            as 61001 df && as 61001 fsck
            """, program)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        for (path, status) in try contents() {
            let mode = status.st_mode & 0o7777
            #expect(status.st_gid == 61000 && mode & 0o007 == 0, "\(path) \(String(mode, radix: 8))")
            if status.st_mode & S_IFMT == S_IFDIR { #expect(mode == 0o2770, "\(path) \(String(mode, radix: 8))") }
            if status.st_mode & S_IFMT == S_IFREG { #expect(mode & 0o060 != 0, "\(path) \(String(mode, radix: 8))") }
        }
        #expect(try bench.shell("\(Self.stranger) \"$1\" images", program).status == 3)
    }

    @Test func othersThanTheGroupAreShutOut() throws {
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        #expect(chmod(bench.store, 0o2775) == 0)
        #expect(try bench.strata("images", "-q").errors.contains("its mode was 02775 and is 02770 now"))
        #expect(try bench.strata("images", "-q").errors == "")
    }

    @Test(.needsRoot, .needs("setpriv", "flock")) func containersNeedAStoreOfOnesOwn() throws {
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        #expect(chmod(bench.store, 0o2770) == 0)
        expectSentence(try bench.strata("create", "localhost/strata/app:1", "true"), naming: bench.store)
        #expect(bench.names("layers") == [] && bench.names("containers") == [])
    }

    // Root in somebody's store

    @Test(.needsRoot, .needs("setpriv", "flock")) func whatRootMakesInAUsersStoreIsTheUsers() throws {
        let program = try publicProgram()
        let home = bench.folder.path("home")
        let outcome = try bench.shell(
            """
            p=$1; export STRATA_STORE="$2/store"; umask 077; install -d -m 700 -o 61234 -g 61234 "$2"
            as() { \(Self.stranger) env HOME="$2" "$p" "$@"; }
            as load -q -i fixtures/app-docker.tar && rm -f "$STRATA_STORE"/catalog.sqlite* &&
            "$p" load -q -i fixtures/small-hybrid.tar && "$p" load -q -i fixtures/app-oci-gzip.tar &&
            "$p" tag localhost/strata/app:1 localhost/b:1 && "$p" plan -a -q && "$p" rmi localhost/b:1 &&
            "$p" image prune -af --trash 1h --filter ref=localhost/strata/app && "$p" undo && "$p" gc && "$p" ps && "$p" df &&
            as tag "$(as images -q | head -n 1)" localhost/c:1 && as rmi localhost/c:1 && as gc --min-age 0s && as undo &&
            as system prune -af && as load -q -i fixtures/app-docker.tar && as fsck
            """, program, home)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let foreign = try bench.shell("find \"$1\" ! -user 61234", home)
        #expect(foreign.output == "", "\(foreign.output)")
    }

    /// SQLite opens its files by their paths.
    @Test(.needsRoot, .needs("setpriv", "flock"), arguments: ["", "-wal", "-shm", "-journal"])
    func rootFollowsNoLinkThatAUserLaid(suffix: String) throws {
        let program = try publicProgram()
        let (home, name) = (bench.folder.path("home"), "catalog.sqlite\(suffix)")
        let outcome = try bench.shell(
            """
            p=$1; export STRATA_STORE="$2/store"; install -d -m 700 -o 61234 -g 61234 "$2"; echo secret > "$2.root"; chmod 600 "$2.root"
            as() { \(Self.stranger) env HOME="$2" "$p" "$@"; }
            as load -q -i fixtures/app-docker.tar && rm -f "$STRATA_STORE/\(name)" && ln -s "$2.root" "$STRATA_STORE/\(name)" &&
            "$p" load -q -i fixtures/small-hybrid.tar && "$p" images && "$p" image prune -af && "$p" df && "$p" fsck > /dev/null && echo all
            cat "$2.root"; stat -c %U:%a "$2.root"
            """, program, home)
        #expect(outcome.output.contains("all\nsecret\nroot:600\n"), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    /// Each step of a release may be the last one that root takes.
    @Test(
        .needsRoot, .needs("setpriv", "flock"),
        arguments: ["release.after-bin", "release.after-write", "index.after-rename", "release.after-move"]
    ) func evenWhenItIsKilled(place: String) throws {
        let program = try publicProgram()
        let home = bench.folder.path("home")
        let outcome = try bench.shell(
            """
            p=$1; export STRATA_STORE="$2/store"; install -d -m 700 -o 61234 -g 61234 "$2"
            as() { \(Self.stranger) env HOME="$2" "$p" "$@"; }
            as load -q -i fixtures/app-docker.tar
            STRATA_FAILPOINT=\(place) "$p" rmi localhost/strata/app:1
            find "$2" ! -user 61234
            as gc --min-age 0s && as load -q -i fixtures/app-docker.tar && as rmi localhost/strata/app:1 && as fsck
            """, program, home)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(!outcome.output.contains(home), "\(outcome.output)")
    }
}
