import Foundation
import Glibc
import TestSupport
import Testing

/// Paths as people and systems have them: bytes that are no text, marks that mean something elsewhere, no `/proc`.
struct PathTextTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// A script in a folder of its own, in which `$a` and `$b` are names that differ in a byte that is not UTF-8.
    private func script(_ text: String) throws -> Program.Outcome {
        try bench.shell(
            """
            cd "$1"; a=$(printf 'a\\377'); b=$(printf 'a\\376'); image="$2/fixtures/app-docker.tar"; unset STRATA_STORE
            \(text)
            """, bench.folder.path, Program.packageRoot)
    }

    @Test(arguments: [
        #""$STRATA" --store "$a" scan "$image""#, #"STRATA_STORE=$a "$STRATA" scan "$image""#,
        #"STRATA_STORE=$PWD/$b "$STRATA" images"#, #"mkdir "$a"; cd "$a"; "$STRATA" --store s images"#,
        #"cp "$image" "$a"; STRATA_STORE=$PWD/s "$STRATA" scan "$a""#, #"STRATA_STORE=$PWD/s "$STRATA" apply "$a""#,
        #"STRATA_STORE=$PWD/s "$STRATA" image prune -f --metrics "$a""#,
        #"STRATA_STORE=$PWD/s "$STRATA" image prune -f --policy "$a""#,
        #"STRATA_STORE=$PWD/s "$STRATA" build "$a""#, #"STRATA_STORE=$PWD/s "$STRATA" gc --layout "$a""#,
        #"STRATA_STORE=$PWD/s STRATA_REGISTRIES=$a "$STRATA" pull -q x.example.com/a:1"#,
        #"STRATA_STORE=$PWD/s DOCKER_CONFIG=$a "$STRATA" logout x.example.com"#,
    ]) func whatIsNotUTF8IsRefused(command: String) throws {
        let outcome = try script(command + "; echo $?; ls -A \"$1\" | wc -l")
        #expect(outcome.output.hasPrefix("2\n"), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains("not UTF-8"), "\(outcome.errors)")
    }

    /// Where files about registries are concerns those only who speak to one.
    @Test(arguments: ["images -q", "df", "plan", "scan -q \"$image\"", "gc"])
    func variablesAboutRegistriesAreReadForRegistriesAlone(command: String) throws {
        let outcome = try script(
            "export XDG_RUNTIME_DIR=/$a SSL_CERT_FILE=/$b STRATA_STORE=$PWD/s; \"$STRATA\" \(command)")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func aFailureAsScriptsReadIt() throws {
        let outcome = try script(#""$STRATA" --store "$a" images --format json"#)
        #expect(try expectErrorObject(outcome, naming: #"a\xFF"#, status: 2) == "not-utf8")
    }

    /// What nobody typed is used byte for byte.
    @Test func aSymlinkMayLeadToAnyName() throws {
        let outcome = try script(
            """
            mkdir "$a" "$b"; ln -s "$a" one; ln -s "$b" two
            "$STRATA" --store one/s load -q -i "$image" && "$STRATA" --store two/s images -q && ls two/s | wc -l && ls "$a/s/blobs" &&
            : > "$a/out"; ln -s "$a/out" three && "$STRATA" --store one/s plan -q -o three && [ -s "$a/out" ] && [ -L three ] &&
            "$STRATA" --store one/s apply three -q
            """)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("sha256\n"), "\(outcome.output)")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func aSecretIsGivenByteForByte() throws {
        let context = try ContainerScene.context(
            in: bench,
            """
            FROM scratch
            COPY busybox /bin/busybox
            RUN --mount=type=secret,id=key ["/bin/busybox", "od", "-An", "-tx1", "/run/secrets/key"]
            """)
        let outcome = try bench.shell(
            #"KEY=$(printf 'k\377\001') "$STRATA" build --progress plain --secret id=key,env=KEY "$1""#, context)
        #expect(outcome.errors.contains("6b ff 01") || outcome.output.contains("6b ff 01"), "\(outcome.output)\(outcome.errors)")
    }

    @Test(.needs("setpriv"), .needsRoot, arguments: ["XDG_DATA_HOME", "HOME"])
    func aFolderThatIsNotAbsoluteIsNone(variable: String) throws {
        let outcome = try script(
            """
            cp "$STRATA" program; chmod 777 .
            export HOME="$1/home" XDG_DATA_HOME=""; export \(variable)=here
            setpriv --reuid 61234 --regid 61234 --clear-groups "$1/program" images -q; echo $?; ls
            """)
        #expect(
            outcome.output == (variable == "HOME" ? "2\nprogram\n" : "0\nhome\nprogram\n"), "\(outcome.output)\(outcome.errors)")
    }

    @Test(.needs("unshare"), .needsRoot) func withoutProcAGateStaysClosed() throws {
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
        let outcome = try bench.shell(
            """
            exec unshare -m sh -c 'mount -t tmpfs none /proc && "$STRATA" check localhost/strata/app:1 --max-size 1kB > /dev/null
            echo $?; for round in 1 2 3 4 5 6 7 8; do "$STRATA" images -q | wc -l; done'
            """)
        // Several rounds: what looks for it on another thread is not always quick enough to miss it.
        #expect(outcome.output == String(repeating: "1\n", count: 9), "\(outcome.output)\(outcome.errors)")
    }

    @Test(
        .enabled(if: ContainerScene.isPossible),
        arguments: ["com,ma", "co:lon", #"back\slash"#, "a b", "per%cent", #"quo"te'"#, "new\nline", "é,:\\,"])
    func whatIsMadeInAStoreRunsThere(name: String) throws {
        let text =
            "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\nRUN echo built > /f\n"
        let context = try ContainerScene.context(in: bench, text)
        let outcome = try bench.shell(
            """
            cd "$1" && mkdir "$2" mnt && cd "$2" && s() { "$STRATA" --store s "$@"; }
            s build -q -t box "$1/context" > /dev/null && s run --rm box cat /f && s create --name cc box sh -c 'echo more > /g' > /dev/null &&
            s start -a cc && s cp cc:/g - | tar -xO && s mount box "$1/mnt" > /dev/null && cat "$1/mnt/f" && s unmount box > /dev/null && s rm cc &&
            s run -d --name dd box sleep 60 > /dev/null && s exec dd cat /f && s rm -f dd && s system prune -af > /dev/null && s fsck
            """, bench.folder.path, name)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("built\nmore\nbuilt\ncc\nbuilt\ndd\n"), "\(outcome.output)\(outcome.errors)")
    }
}
