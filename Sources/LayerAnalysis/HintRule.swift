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

    /// Whether the file `name` in the directory at `parent` is such a leftover.
    func matches(file name: ArraySlice<UInt8>, in parent: [UInt8]) -> Bool {
        patterns.contains { pattern in
            guard case .file(let directory, let prefix, let suffix) = pattern else { return false }
            return parent.elementsEqual(directory.utf8) && name.starts(with: prefix.utf8)
                && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
        }
    }

    /// Directories in which single files can be leftovers.
    static let directoriesOfFiles: Set<[UInt8]> = Set(
        all.flatMap(\.patterns).compactMap { pattern in
            guard case .file(let directory, _, _) = pattern else { return nil }
            return Array(directory.utf8)
        })

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
    static let unpackedArchiveIndex = index { $0.name == unpackedArchive }

    /// What names of archives end in.
    static let archiveSuffixes: [[UInt8]] = [
        ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst", ".tzst", ".zip",
    ].map { Array($0.utf8) }

    /// The first rule that `isRule` says yes to; -1 when there is none.
    static func index(where isRule: (HintRule) -> Bool) -> Int8 {
        all.firstIndex(where: isRule).map(Int8.init) ?? -1
    }
}

/// Which rule knows a directory: one look-up in a table a kind of pattern, as an image has thousands of directories.
struct HintedDirectories: Sendable {
    private var paths: [[UInt8]: Int8] = [:]
    private var homePaths: [[UInt8]: Int8] = [:]
    private var names: [[UInt8]: Int8] = [:]

    /// The directories of all rules.
    static let all = HintedDirectories()

    private init() {
        for (index, rule) in HintRule.all.enumerated() {
            for pattern in rule.patterns {
                switch pattern {
                case .directory(let path): paths[Array(path.utf8)] = Int8(index)
                case .homeDirectory(let path): homePaths[Array(path.utf8)] = Int8(index)
                case .directoryName(let name): names[Array(name.utf8)] = Int8(index)
                case .file: break
                }
            }
        }
    }

    /// The rule for everything below the directory at `path`; -1 when there is none.
    func rule(for path: [UInt8]) -> Int8 {
        if let rule = paths[path] ?? names[Array(path.lastName)] { return rule }
        return path.afterHome.flatMap { homePaths[Array($0)] } ?? -1
    }
}

extension [UInt8] {
    /// What follows `root/` or `home/NAME/`.
    var afterHome: ArraySlice<UInt8>? {
        if starts(with: "root/".utf8) { return self[5...] }
        guard starts(with: "home/".utf8), let slash = self[5...].firstIndex(of: UInt8(ascii: "/")) else { return nil }
        return self[(slash + 1)...]
    }

    /// The part after the last slash.
    var lastName: ArraySlice<UInt8> {
        self[(lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
    }
}
