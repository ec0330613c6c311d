/// One text that a word may become, and what it is.
struct CompletionCandidate {
    let text: String
    let about: String

    init(_ text: String, about: String = "") {
        self.text = text
        self.about = about
    }
}

/// What a word may become.
struct CompletionAnswer {
    /// Which paths a shell adds by its own rules.
    enum Paths: String {
        case none
        case files
        case dirs
    }

    private(set) var candidates: [CompletionCandidate] = []
    private(set) var paths = Paths.none
    /// What of the word stands before the path.
    private var beforePath = ""

    init(paths: Paths = .none) { self.paths = paths }

    /// Those of the candidates that begin as the word does.
    init(_ candidates: [CompletionCandidate], beginning: String, paths: Paths = .none) {
        self.candidates = candidates.filter { $0.text.utf8.starts(with: beginning.utf8) }
        self.paths = paths
    }

    /// The same behind what the word has before its value, such as `--filter=`.
    func behind(_ before: String) -> CompletionAnswer {
        guard !before.isEmpty else { return self }
        var answer = self
        answer.candidates = candidates.map { CompletionCandidate(before + $0.text, about: $0.about) }
        answer.beforePath = before + beforePath
        return answer
    }

    /// The candidates of both, and the paths of either.
    static func + (left: CompletionAnswer, right: CompletionAnswer) -> CompletionAnswer {
        var answer = left
        answer.candidates += right.candidates
        if left.paths == .none { (answer.paths, answer.beforePath) = (right.paths, right.beforePath) }
        return answer
    }

    /// The lines that scripts read.
    ///
    /// A name that other tools gave may hold anything: one with control characters is left out, since it could only be typed with quotes
    /// of the shell's own, and would end the line here.
    var text: String {
        var text = ":\(paths.rawValue)\(beforePath.isEmpty ? "" : " " + beforePath)\n"
        for candidate in candidates where !candidate.text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        {
            text += candidate.text
            if !candidate.about.isEmpty { text += "\t" + candidate.about }
            text += "\n"
        }
        return text
    }
}
