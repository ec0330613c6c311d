/// A kind of leftover that is known by its path.
struct HintRule: Sendable {
    /// How a rule knows a leftover.
    enum Pattern: Sendable {
        /// Everything below this directory.
        case directory(String)
        /// Everything below this directory of any home (`/root`, `/home/NAME`).
        case homeDirectory(String)
        /// Everything below a directory of that name, wherever it is.
        case directoryName(String)
        /// Files directly in this directory whose names start and end so.
        case file(in: String, prefix: String, suffix: String)
    }

    let name: String
    let patterns: [Pattern]
    let advice: String

    /// In order: the first rule that matches a file has it.
    static let all: [HintRule] = [
        HintRule(
            name: "apt-lists", patterns: [.directory("var/lib/apt/lists")],
            advice: "end the RUN that calls `apt-get update` with `rm -rf /var/lib/apt/lists/*`"),
        HintRule(
            name: "apt-cache", patterns: [.directory("var/cache/apt")],
            advice: "run `apt-get clean` in the same RUN as `apt-get install`"),
        HintRule(
            name: "apk-cache", patterns: [.directory("var/cache/apk"), .directory("etc/apk/cache")],
            advice: "use `apk add --no-cache`"),
        HintRule(
            name: "dnf-cache",
            patterns: [.directory("var/cache/dnf"), .directory("var/cache/libdnf5"), .directory("var/lib/dnf/repos")],
            advice: "run `dnf clean all` in the same RUN as `dnf install`"),
        HintRule(
            name: "yum-cache", patterns: [.directory("var/cache/yum")],
            advice: "run `yum clean all` in the same RUN as `yum install`"),
        HintRule(
            name: "pip-cache", patterns: [.homeDirectory(".cache/pip")],
            advice: "use `pip install --no-cache-dir`"),
        HintRule(
            name: "npm-cache", patterns: [.homeDirectory(".npm/_cacache"), .homeDirectory(".npm/_logs")],
            advice: "run `npm cache clean --force` in the same RUN, or mount the cache with `--mount=type=cache`"),
        HintRule(
            name: "yarn-cache",
            patterns: [
                .homeDirectory(".cache/yarn"), .directory("usr/local/share/.cache/yarn"), .homeDirectory(".yarn/berry/cache"),
            ],
            advice: "run `yarn cache clean` in the same RUN, or mount the cache with `--mount=type=cache`"),
        HintRule(
            name: "cargo-cache",
            patterns: [
                .homeDirectory(".cargo/registry"), .homeDirectory(".cargo/git"), .directory("usr/local/cargo/registry"),
                .directory("usr/local/cargo/git"),
            ],
            advice: "build in a stage of its own, or mount the registry with `--mount=type=cache`"),
        HintRule(
            name: "go-cache",
            patterns: [.homeDirectory(".cache/go-build"), .homeDirectory("go/pkg/mod"), .directory("go/pkg/mod")],
            advice: "build in a stage of its own, or mount the caches with `--mount=type=cache`"),
        HintRule(
            name: "git-directory", patterns: [.directoryName(".git")],
            advice: "list `.git` in .dockerignore, or delete it in the RUN that clones"),
        HintRule(
            name: "python-bytecode", patterns: [.directoryName("__pycache__")],
            advice: "set `PYTHONDONTWRITEBYTECODE=1` while building, if start-up time allows"),
        HintRule(
            name: "core-dump",
            patterns: [
                .file(in: "", prefix: "core", suffix: "core"), .file(in: "", prefix: "core.", suffix: ""),
                .directory("var/crash"), .directory("var/lib/systemd/coredump"),
            ],
            advice: "delete core dumps in the RUN that made them"),
        HintRule(
            name: "logs", patterns: [.directory("var/log"), .file(in: "tmp", prefix: "", suffix: ".log")],
            advice: "delete logs in the RUN that wrote them"),
        HintRule(
            name: unpackedArchive, patterns: [],
            advice: "delete the archive in the RUN that unpacks it, or let ADD unpack it"),
    ]

    private static let unpackedArchive = "unpacked-archive"

    /// The rule that looks at what lies beside a file rather than at its path.
    static let unpackedArchiveIndex = Int8(all.firstIndex { $0.name == unpackedArchive } ?? -1)

    /// The last bytes of `archiveSuffixes`, by which most names are told to be no archive's.
    static let archiveEndings = Set(archiveSuffixes.compactMap(\.last))

    /// What names of archives end in.
    static let archiveSuffixes: [[UInt8]] = [
        ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tzst", ".zip",
    ].map { Array($0.utf8) }
}
