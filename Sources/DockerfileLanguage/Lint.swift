// https://docs.docker.com/reference/build-checks/

import OCISpec
import SettingsFile
import TextValues

/// Something in a Dockerfile that works and is better written otherwise.
package struct LintFinding: Hashable, Sendable {
    /// The rules, by the names under which BuildKit documents them.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        case stageNameCasing = "StageNameCasing"
        case fromAsCasing = "FromAsCasing"
        case noEmptyContinuation = "NoEmptyContinuation"
        case consistentInstructionCasing = "ConsistentInstructionCasing"
        case duplicateStageName = "DuplicateStageName"
        case reservedStageName = "ReservedStageName"
        case jsonArgsRecommended = "JSONArgsRecommended"
        case maintainerDeprecated = "MaintainerDeprecated"
        case undefinedArgInFrom = "UndefinedArgInFrom"
        case undefinedVar = "UndefinedVar"
        case workdirRelativePath = "WorkdirRelativePath"
        case multipleInstructionsDisallowed = "MultipleInstructionsDisallowed"
        case legacyKeyValueFormat = "LegacyKeyValueFormat"
        case redundantTargetPlatform = "RedundantTargetPlatform"
        case secretsUsedInArgOrEnv = "SecretsUsedInArgOrEnv"
        case invalidDefaultArgInFrom = "InvalidDefaultArgInFrom"
        case fromPlatformFlagConstDisallowed = "FromPlatformFlagConstDisallowed"
        case copyIgnoredFile = "CopyIgnoredFile"
        case exposeProtoCasing = "ExposeProtoCasing"
        case exposeInvalidFormat = "ExposeInvalidFormat"
        case invalidDefinitionDescription = "InvalidDefinitionDescription"

        /// Whether a file must ask for it.
        var isExperimental: Bool { self == .invalidDefinitionDescription }
    }

    /// Which advice; its name is BuildKit's.
    package var rule: Rule
    /// From 1.
    package var line: Int
    /// A sentence without a full stop.
    package var message: String
}

/// What `# check=` asks for: rules to pass over, experimental ones to apply, and whether a finding is an error.
package struct LintSettings: Hashable, Sendable {
    /// Names of rules, as BuildKit spells them; `all` stands for every one.
    package var skipped: Set<String> = []
    /// Names of rules that only run when they are asked for.
    package var experimental: Set<String> = []
    /// Whether a finding makes the check fail.
    package var isError = false

    /// Every rule, but for experimental ones.
    package init() {}

    /// The settings of a directive's value, such as `skip=JSONArgsRecommended,StageNameCasing;error=true`, on that line.
    ///
    /// Names of rules that there are not are passed over, as with BuildKit: another version may have them.
    package init(_ text: String, line: Int) throws(DockerfileError) {
        for part in text.split(separator: ";", omittingEmptySubsequences: false) {
            let field = NameValue(part)
            let bad = DockerfileError(line: line, problem: .badCheck(String(part.withoutBlanks)))
            guard let value = field.value?.withoutBlanks else { throw bad }
            let names = Set(value.split(separator: ",").map { String($0.withoutBlanks) })
            switch field.name.withoutBlanks {
            case "skip": skipped = names
            case "experimental": experimental = names
            case "error":
                guard let isOn = InstructionFlag.truth(String(value)) else { throw bad }
                isError = isOn
            default: throw bad
            }
        }
    }

    /// The same of a comment elsewhere, which may mean something else: nil for what cannot be read.
    init?(ifValid text: String) {
        do throws(DockerfileError) { try self.init(text, line: 1) } catch {
            // A comment may begin so and be meant for a reader.
            return nil
        }
    }

    /// Whether findings of a rule are told.
    func applies(_ rule: LintFinding.Rule) -> Bool {
        func names(_ rules: Set<String>) -> Bool { rules.contains("all") || rules.contains(rule.rawValue) }
        return !names(skipped) && (!rule.isExperimental || names(experimental))
    }
}

/// Checks a Dockerfile without building it.
package struct Lint {
    private var findings: [LintFinding] = []
    /// The variables that have a value here, as far as can be told.
    private var variables: Set<String> = []
    /// Whether these are all: the base is known.
    private var isComplete = false
    /// The stages so far, by name: their variables, and whether those are all.
    private var stages: [String: Stage] = [:]

    private struct Stage {
        var variables: Set<String>
        var isComplete: Bool
        /// Whether it has an absolute directory to work in.
        var isAbsolute: Bool
    }

    private var stageName: String?
    private let variablesOfImage: (String) -> Set<String>?
    private var globals: [String: Bool] = [:]
    private var stageNames: Set<String> = []
    private var isFirstStage = true
    /// The lines of instructions of which the last one counts, in this stage.
    private var single: [String: Int] = [:]
    private let ignored: IgnorePatterns?
    private let text: [Substring]

    /// What is to be said of `file`, of which `lines` are the text; `ignored` is what its context leaves out.
    ///
    /// `variablesOfImage` has the names of the variables that an image sets, nil where nobody knows.
    package static func findings(
        in file: Dockerfile, lines: [Substring], ignored: IgnorePatterns?,
        variablesOfImage: (String) -> Set<String>? = { _ in nil }
    ) -> [LintFinding] {
        let settings = file.directives.check
        return withoutActuallyEscaping(variablesOfImage) { variablesOfImage in
            var lint = Lint(ignored, lines, variablesOfImage)
            lint.check(file)
            let skipped = Self.skipped(in: file, lines)
            return lint.findings.filter { finding in
                settings.applies(finding.rule) && skipped[finding.line]?.applies(finding.rule) != false
            }.sorted {
                ($0.line, $0.rule.rawValue) < ($1.line, $1.rule.rawValue)
            }
        }
    }

    /// What comments right above an instruction say of its lines: `# check=skip=RULE`.
    private static func skipped(in file: Dockerfile, _ lines: [Substring]) -> [Int: LintSettings] {
        var found: [Int: LintSettings] = [:]
        for instruction in file.instructions {
            var above = instruction.lines.lowerBound - 2
            while lines.indices.contains(above), DockerfileParser.isComment(lines[above]) {
                if let (name, value) = DockerfileParser.directive(lines[above]), name == "check",
                    let settings = LintSettings(ifValid: value)
                {
                    for line in instruction.lines { found[line] = settings }
                }
                above -= 1
            }
        }
        return found
    }

    private init(_ ignored: IgnorePatterns?, _ text: [Substring], _ variablesOfImage: @escaping (String) -> Set<String>?) {
        self.ignored = ignored
        self.text = text
        self.variablesOfImage = variablesOfImage
    }

    private mutating func add(_ rule: LintFinding.Rule, _ line: Int, _ message: String) {
        findings.append(LintFinding(rule: rule, line: line, message: message))
    }

    private mutating func check(_ file: Dockerfile) {
        for line in file.emptyContinuations {
            add(.noEmptyContinuation, line, "an empty line stands within a continued instruction")
        }
        checkCasing(file)
        for instruction in file.instructions { check(instruction) }
    }

    /// All keywords in capitals, or none.
    private mutating func checkCasing(_ file: Dockerfile) {
        let words = file.instructions.map { ($0, $0.keyword) }
        let capitals = words.count { $0.1 == $0.1.uppercased() }
        let small = words.count { $0.1 == $0.1.lowercased() }
        for (instruction, word) in words {
            let wanted = capitals >= small ? word.uppercased() : word.lowercased()
            if word != wanted {
                add(
                    .consistentInstructionCasing, instruction.lines.lowerBound,
                    "`\(word)` is written otherwise than most keywords: `\(wanted)`")
            }
        }
    }

    private mutating func check(_ instruction: Instruction) {
        let line = instruction.lines.lowerBound
        switch instruction.name {
        case "FROM": checkFrom(instruction)
        case "ARG":
            for word in instruction.arguments {
                let name = String(word.prefix { $0 != "=" })
                checkSecret(name, "ARG", line)
                if !isFirstStage { checkVariables([String(word.dropFirst(name.count))], line) }
                if stageNames.isEmpty, isFirstStage { globals[name] = word.contains("=") && !word.hasSuffix("=") }
                variables.insert(name)
            }
            checkDescription(instruction.arguments.map { String($0.prefix { $0 != "=" }) }, line)
        case "ENV":
            for pair in instruction.assignments { checkSecret(pair.name, "ENV", line) }
            checkPairs(instruction)
            checkVariables(instruction.assignments.map(\.value), line)
            variables.formUnion(instruction.assignments.map(\.name))
        case "LABEL":
            checkPairs(instruction)
            checkVariables(instruction.assignments.map(\.value), line)
        case "CMD", "ENTRYPOINT", "HEALTHCHECK": checkSingle(instruction)
        case "MAINTAINER":
            add(.maintainerDeprecated, line, "MAINTAINER is out of use: `LABEL org.opencontainers.image.authors=…` says the same")
        case "WORKDIR":
            let path = instruction.arguments.first ?? ""
            checkVariables([path], line)
            if !path.hasPrefix("/"), !path.hasPrefix("$"), !path.hasPrefix("\"/"), !isAbsolute {
                add(.workdirRelativePath, line, "`\(path)` is relative to a directory that only the base image knows")
            }
            // One finding a stage: whoever makes the first path absolute has mended all.
            isAbsolute = true
        case "EXPOSE": for word in instruction.arguments { checkPort(word, line) }
        case "COPY", "ADD":
            checkVariables(instruction.arguments + instruction.flags, line)
            checkIgnored(instruction)
        case "USER", "VOLUME", "STOPSIGNAL": checkVariables(instruction.arguments, line)
        default: break
        }
    }

    /// Whether the stage has an absolute WORKDIR.
    private var isAbsolute = false

    private mutating func checkFrom(_ instruction: Instruction) {
        let line = instruction.lines.lowerBound
        let words = instruction.arguments
        single = [:]
        for flag in instruction.flags where flag.hasPrefix("--platform=") {
            let value = flag.dropFirst("--platform=".count)
            if value == "$TARGETPLATFORM" || value == "${TARGETPLATFORM}" {
                add(.redundantTargetPlatform, line, "\(value) is what FROM takes by itself")
            } else if !value.contains("$"), !Self.isNamed(words, after: String(value)) {
                add(.fromPlatformFlagConstDisallowed, line, "the platform is fixed to `\(value)`, whatever is built for")
            }
        }
        for name in Self.variables(words.first ?? "") where !name.hasDefault {
            if globals[name.name] == nil, !Self.predefined.contains(name.name) {
                add(.undefinedArgInFrom, line, "no ARG before the first FROM declares `\(name.name)`")
            } else if globals[name.name] == false, words.first == "$\(name.name)" || words.first == "${\(name.name)}" {
                add(
                    .invalidDefaultArgInFrom, line,
                    "`\(words.first ?? "")` is empty unless the command line says it: give the ARG a default")
            }
        }
        if words.count == 3 {
            let source = text.indices.contains(line - 1) ? text[line - 1] : ""
            let keyword = instruction.keyword
            let isSmall = source.split { $0.isWhitespace }.contains("as")
            if isSmall == (keyword == keyword.uppercased()) {
                add(.fromAsCasing, line, "`\(keyword)` and `\(isSmall ? "as" : "AS")` are not written alike")
            }
            let name = words[2]
            if name != name.lowercased() { add(.stageNameCasing, line, "the stage's name `\(name)` has capitals") }
            if ["scratch", "context"].contains(name.lowercased()) {
                add(.reservedStageName, line, "`\(name)` means something else")
            }
            if !stageNames.insert(name.lowercased()).inserted {
                add(.duplicateStageName, line, "there is another stage `\(name)`")
            }
        }
        isFirstStage = false
        if words.count == 3 { checkDescription([words[2]], line) }
        begin(words.first ?? "", name: words.count == 3 ? words[2].lowercased() : nil)
    }

    /// Whether a stage's name says which platform it is for, as `build_amd64` does.
    private static func isNamed(_ words: [String], after platform: String) -> Bool {
        guard words.count == 3, let platform = Platform(parsing: platform) else { return false }
        let name = words[2].lowercased()
        return name.contains(platform.architecture) || name.contains(platform.os)
    }

    /// Begins a stage with the variables of its base.
    private mutating func begin(_ base: String, name: String?) {
        if let stageName { stages[stageName] = Stage(variables: variables, isComplete: isComplete, isAbsolute: isAbsolute) }
        isAbsolute = false
        stageName = name
        if base == "scratch" {
            (variables, isComplete) = (Self.usual, true)
        } else if let earlier = stages[base.lowercased()] {
            (variables, isComplete, isAbsolute) = (earlier.variables, earlier.isComplete, earlier.isAbsolute)
        } else {
            let found = variablesOfImage(base)
            (variables, isComplete) = (found ?? Self.usual, found != nil)
        }
    }

    /// A comment right above a named stage or an ARG is a description of it, and begins with its name.
    private mutating func checkDescription(_ names: [String], _ line: Int) {
        guard line > 1, text.indices.contains(line - 2) else { return }
        let above = DockerfileParser.trimmed(text[line - 2])
        guard above.hasPrefix("#"), !isDirective(line - 2) else { return }
        guard let first = above.dropFirst().split(whereSeparator: \.isWhitespace).first, !names.contains(String(first)) else {
            return
        }
        add(
            .invalidDefinitionDescription, line,
            "the comment above does not begin with `\(names[0])`: describe that, or put an empty line between")
    }

    /// Whether a line is one of the directives at the top of the file, which are comments to the eye alone.
    private func isDirective(_ number: Int) -> Bool {
        text[...number].allSatisfy { DockerfileParser.directive($0) != nil }
    }

    private mutating func checkSingle(_ instruction: Instruction) {
        let line = instruction.lines.lowerBound
        if let before = single.updateValue(line, forKey: instruction.name) {
            add(
                .multipleInstructionsDisallowed, before,
                "another \(instruction.name) follows on line \(line), and only that counts")
        }
        let isShell = instruction.name != "HEALTHCHECK" && !instruction.isJSON && !instruction.arguments.isEmpty
        if isShell {
            add(.jsonArgsRecommended, line, "a shell stands between the command and its signals: write a JSON list of words")
        }
    }

    private mutating func checkPairs(_ instruction: Instruction) {
        let isOld = stride(from: 2, to: instruction.arguments.count, by: 3).contains { instruction.arguments[$0].isEmpty }
        if isOld {
            add(
                .legacyKeyValueFormat, instruction.lines.lowerBound,
                "\(instruction.name) without `=`: write `\(instruction.name) name=value`")
        }
    }

    private static let secretWords = [
        "password", "passwd", "pass", "pwd", "secret", "token", "apikey", "credential", "credentials", "auth", "key",
    ]
    private static let harmless = ["public"]

    private mutating func checkSecret(_ name: String, _ instruction: String, _ line: Int) {
        let parts = name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }.map(String.init)
        guard !parts.contains(where: Self.harmless.contains), parts.contains(where: Self.secretWords.contains) else { return }
        add(
            .secretsUsedInArgOrEnv, line,
            "\(instruction) `\(name)` stays in the image for everybody to read: use `RUN --mount=type=secret`")
    }

    private mutating func checkPort(_ word: String, _ line: Int) {
        if word.contains("$") { return checkVariables([word], line) }
        let parts = word.split(separator: "/", maxSplits: 1)
        if parts.count == 2, parts[1] != parts[1].lowercased() {
            add(.exposeProtoCasing, line, "`\(word)`: write the protocol in small letters")
        }
        if word.contains(":") { add(.exposeInvalidFormat, line, "`\(word)`: EXPOSE takes no address and no port of the host") }
    }

    private mutating func checkIgnored(_ instruction: Instruction) {
        guard let ignored, !instruction.flags.contains(where: { $0.hasPrefix("--from=") }) else { return }
        for source in instruction.arguments.dropLast()
        where !source.contains("$") && !source.contains("*") && !source.contains(":") {
            let path = PathWalk.shortened(source.hasPrefix("/") ? String(source.dropFirst()) : source)
            // Of the whole context something is left where a pattern takes it back in.
            let isWhole = path.isEmpty || path == "."
            guard !path.hasPrefix("<<"), isWhole ? ignored.excludesEverything : ignored.excludes(path) else { continue }
            add(.copyIgnoredFile, instruction.lines.lowerBound, "the ignore file leaves `\(source)` out of the context")
        }
    }

    // MARK: Variables

    private static let predefined: Set = [
        "TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT",
    ]
    /// What every image sets.
    private static let usual: Set = ["PATH"]

    private mutating func checkVariables(_ texts: [String], _ line: Int) {
        for text in texts {
            for variable in Self.variables(text) where !variable.hasDefault && !variables.contains(variable.name) {
                // An unknown base may bring any of them, but hardly one that is nearly one of the stage's own.
                let near = Suggestion.nearest(to: variable.name, among: variables.sorted())
                guard isComplete || near != nil else { continue }
                add(.undefinedVar, line, "`$\(variable.name)` has no value" + (near.map { "; is `$\($0)` meant?" } ?? ""))
            }
        }
    }

    /// The variables that a text names, and whether each says what stands for it when it is not set.
    private static func variables(_ text: String) -> [(name: String, hasDefault: Bool)] {
        var found: [(String, Bool)] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            let isEscaped = dollar > text.startIndex && text[text.index(before: dollar)] == "\\"
            rest = rest[rest.index(after: dollar)...]
            let isBraced = rest.first == "{"
            if isBraced { rest = rest.dropFirst() }
            let name = rest.prefix { $0 == "_" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
            rest = rest.dropFirst(name.count)
            let hasDefault =
                isBraced && (rest.hasPrefix(":-") || rest.hasPrefix("-") || rest.hasPrefix(":+") || rest.hasPrefix("+"))
            if !name.isEmpty, !isEscaped { found.append((String(name), hasDefault)) }
        }
        return found
    }
}

extension Instruction {
    /// The keyword as written.
    fileprivate var keyword: String { String(DockerfileParser.trimmed(text[...]).prefix { !$0.isWhitespace }) }
}
