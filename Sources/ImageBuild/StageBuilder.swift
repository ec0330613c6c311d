import DockerfileLanguage
import LayerArchive
import OCISpec
import Synchronization
import TextValues

/// A stage whose steps are taken.
struct FinishedStage: Sendable {
    let state: StageState
    /// The arguments that it declared or inherited: a stage that is based on it has them as well.
    ///
    /// https://docs.docker.com/build/building/variables/#scoping
    let arguments: [ExactText: String]
    /// Their names, in the order of their declarations.
    let declared: [ExactText]
}

/// Takes the steps of one stage.
struct StageBuilder<Worker: BuildWorker> {
    let build: Build<Worker>
    let stage: BuildStage
    let finished: [Int: FinishedStage]
    let progress: BuildProgress
    let isOnlyStage: Bool
    let platform: Platform

    var state: StageState
    var scope = ChangeScope()
    /// The arguments that the stage has, in the order of their declarations.
    var declared: [ExactText] = []
    /// The tree of `state.layers`, where a step has needed it.
    private var known: (layers: [BuildLayer], tree: any StageTree)?
    private var position = 1
    private var count: Int

    var request: BuildRequest { build.request }
    var worker: Worker { build.worker }

    init(
        _ build: Build<Worker>, _ stage: BuildStage, finished: [Int: FinishedStage], _ progress: BuildProgress, isOnlyStage: Bool
    ) {
        self.build = build
        self.stage = stage
        self.finished = finished
        self.progress = progress
        self.isOnlyStage = isOnlyStage
        platform = stage.platform ?? build.request.platform
        state = .scratch(platform)
        count = stage.triggers.count + stage.instructions.count + 1
        scope.escape = build.request.file.directives.escape
    }

    /// Takes all steps.
    mutating func run() throws -> FinishedStage {
        try begin()
        for instruction in stage.triggers {
            position += 1
            // It stands in another file.
            try take(instruction, lines: nil)
        }
        for instruction in stage.instructions {
            position += 1
            try take(instruction, lines: instruction.lines)
        }
        if request.isSquashed, stage.index == build.target.index { try squash() }
        return FinishedStage(state: state, arguments: scope.arguments, declared: declared)
    }

    /// What the stage begins with.
    private mutating func begin() throws {
        let label = label("FROM \(baseName)\(stage.name.map { " AS \($0)" } ?? "")")
        build.request.report(.began(label))
        try failing(lines: stage.line...stage.line, text: "FROM \(baseName)") { builder in
            switch builder.stage.base {
            case .scratch: builder.state = .scratch(builder.platform)
            case .stage(let number):
                guard let base = builder.finished[number] else { throw BuildError.badStage("\(number)") }
                builder.state = base.state
                builder.scope.arguments = base.arguments
                builder.declared = base.declared
            case .image(let name): builder.state = try builder.image(name)
            case .context(let name): try builder.begin(with: name)
            }
        }
        baseCount = state.layers.count
        build.request.report(.finished(label, isCached: false, nil))
        // `findTriggers` has read them.
        if !(state.container.onBuild ?? []).isEmpty { state.container.onBuild = nil }
    }

    /// Begins with a context in the place of an image: an image, or one layer of a folder's files.
    private mutating func begin(with name: ExactText) throws {
        switch request.inputs.named[name] {
        case .image(let image): state = try self.image(image)
        case .files, nil:
            guard let files = try namedContext(name) else { return }
            var part = CopyPart(files, .files([Array(".".utf8)]))
            part.keepsOwners = false
            var copying = CopyRequest(destination: [UInt8(ascii: "/")])
            copying.mtimeSeconds = request.moment.seconds
            var slot = StepKey("context")
            slot.add(request.latest ?? -1)
            let (step, _) = try copy(copying, [part], slot: slot.digest(), text: "FROM \(name)", isLinked: true)
            add(step.told(as: "FROM \(name)"))
        }
    }

    /// How many layers the base has.
    private var baseCount = 0

    private var baseName: String {
        switch stage.base {
        case .scratch: "scratch"
        case .image(let name): name
        case .context(let name): name.text
        case .stage(let number): build.stages.stages[number].name ?? "\(number)"
        }
    }

    // MARK: Steps

    private mutating func take(_ instruction: Instruction, lines: ClosedRange<Int>?) throws {
        if progress.stop.isStopped { throw StageStopped() }
        let label = label(instruction.title)
        let isWork = ["COPY", "ADD", "RUN", "WORKDIR"].contains(instruction.name)
        if isWork { build.request.report(.began(label)) }
        let result = try failing(lines: lines, text: instruction.text) { builder in
            try builder.step(instruction, label)
        }
        if isWork { build.request.report(.finished(label, isCached: result.isCached, result.layer)) }
    }

    /// What a step has come to.
    struct StepResult {
        var isCached = false
        var layer: BuildLayer?
    }

    private mutating func step(_ instruction: Instruction, _ label: StepLabel) throws -> StepResult {
        switch instruction.name {
        case "ARG":
            try declare(instruction)
            return StepResult()
        case "COPY", "ADD": return try copy(instruction)
        case "RUN": return try run(instruction, label)
        case "WORKDIR":
            try change(instruction)
            return try makeWorkingDirectory()
        case "MAINTAINER":
            state.author = try words.expand(instruction.arguments.first ?? "")
            state.add(createdBy: instruction.title, at: fixedMoment)
            return StepResult()
        default:
            try change(instruction)
            state.add(createdBy: try createdBy(instruction), at: fixedMoment)
            return StepResult()
        }
    }

    private mutating func change(_ instruction: Instruction) throws {
        var container = state.container
        try container.apply(try ConfigChange(instruction), &scope)
        state.container = container
    }

    private mutating func declare(_ instruction: Instruction) throws {
        let platforms = request.platformArguments()
        for argument in try BuildArgument.read(instruction) {
            let values = words.values
            let standard = try argument.value { values[ExactText($0)] }
            let name = ExactText(argument.name)
            let given = request.arguments[name] ?? standard
            let value = given ?? build.stages.globals[name] ?? platforms[name]
            if let value { scope.arguments[name] = value }
            if value != nil, !declared.contains(name) { declared.append(name) }
            let written = value.map { "\(argument.name)=\($0)" } ?? argument.name
            state.add(createdBy: "ARG \(written)", at: fixedMoment)
        }
    }

    /// A directory that is not there is a layer of its own, the current user's.
    private mutating func makeWorkingDirectory() throws -> StepResult {
        let path = state.workingDirectory
        let text = "WORKDIR /\(String(decoding: path, as: UTF8.self))"
        let owner: UserTable.Identity
        do {
            owner = try self.owner(ofFilesBy: state.container.user ?? "")
        } catch BuildError.noSuchUser(let name) {
            // Whose it is matters to one that is made.
            guard try tree().entry(at: try PathWalk.resolve(path, onto: try tree()))?.kind == .directory || path.isEmpty else {
                throw BuildError.noSuchUser(name)
            }
            state.add(createdBy: text, at: fixedMoment)
            return StepResult()
        }
        var slot = StepKey("workdir")
        slot.add(state.layers)
        slot.add(path)
        slot.add(Int64(owner.uid) << 32 | Int64(owner.gid))
        slot.add(request.latest ?? -1)
        var planned = CopyRequest(destination: [UInt8(ascii: "/")] + path)
        planned.uid = Int64(owner.uid)
        planned.gid = Int64(owner.gid)
        planned.mtimeSeconds = request.moment.seconds
        return try cached(slot.digest(), contents: Self.noContents, look: nil, text: text) { builder in
            let plan = try CopyPlan(directory: planned, onto: try builder.tree())
            guard !plan.entries.isEmpty else { return nil }
            return try builder.makeLayer(plan, [])
        }
    }

    static var noContents: Digest { StepKey("none").digest() }

    // MARK: What steps share

    /// The image of that name, for this stage's platform; looked up once in a build.
    func image(_ name: String) throws -> StageState {
        let request = FoundImages.Request(name: name, platform: platform)
        return try progress.images.withLock { found in
            if let state = found.states[request] { return state }
            let state = try worker.image(name, for: platform)
            found.states[request] = state
            return state
        }
    }

    /// The files of a context that the command line names; nil where it names none such; looked up once in a build.
    func namedContext(_ name: ExactText) throws -> (any FileSource)? {
        let request = FoundImages.Request(name: name.text, platform: platform)
        return try progress.images.withLock { found in
            if let context = found.contexts[request] { return context }
            let context = try openContext(name)
            found.contexts[request] = context
            return context
        }
    }

    private func openContext(_ name: ExactText) throws -> (any FileSource)? {
        switch request.inputs.named[name] {
        case nil: nil
        case .files(let open): try open()
        case .image(let image): try worker.tree(of: try worker.image(image, for: platform).layers)
        }
    }

    /// What the stage's base leaves to be done first, each instruction as if it stood in this file.
    func findTriggers() throws -> [Instruction] {
        var texts: [String] = []
        switch stage.base {
        case .scratch: break
        case .stage: texts = build.stages.triggers(for: stage)
        case .image(let name): texts = try ofBase { try $0.image(name).container.onBuild ?? [] }
        case .context(let name):
            guard case .image(let image)? = request.inputs.named[name] else { break }
            texts = try ofBase { try $0.image(image).container.onBuild ?? [] }
        }
        return try texts.flatMap { text in
            var builder = self
            return try builder.failing(lines: nil, text: text) { _ in try BuildStages.instructions(ofTrigger: text) }
        }
    }

    private func ofBase<T>(_ body: (Self) throws -> T) throws -> T {
        var builder = self
        return try builder.failing(lines: stage.line...stage.line, text: "FROM \(baseName)") { try body($0) }
    }

    /// Looks up the images that the stage's steps name.
    mutating func findImages() throws {
        for (instruction, isTrigger) in stage.triggers.map({ ($0, true) }) + stage.instructions.map({ ($0, false) }) {
            for name in build.stages.imageNames(of: instruction, before: stage.index) where !name.contains("$") {
                try failing(lines: isTrigger ? nil : instruction.lines, text: instruction.title) { builder in
                    if try builder.namedContext(ContextName.normalized(name)) == nil { _ = try builder.image(name) }
                }
            }
        }
    }

    /// The expansion of words at this point of the stage.
    var words: BuildWords { state.container.words(scope) }

    var fixedMoment: String? { request.isMomentFixed ? request.moment.description : nil }

    /// The tree of the layers so far.
    mutating func tree() throws -> any StageTree {
        if let known, known.layers == state.layers { return known.tree }
        let tree = try worker.tree(of: state.layers)
        known = (state.layers, tree)
        return tree
    }

    /// Takes a step's layer from the cache, or makes it and puts it there; nil for a step that stores nothing.
    mutating func cached(
        _ slot: Digest, contents: Digest, look: Digest?, text: String, _ make: (inout Self) throws -> MadeLayer?
    ) throws -> StepResult {
        let (step, isCached) = try progress.taking(slot) {
            if usesCache, let step = try worker.cachedStep(slot, contents) { return (step, true) }
            let step = CachedStep(layer: try make(&self)?.layer, created: request.moment.description, text: text)
            try worker.remember(step, slot, contents, look: look)
            return (step, false)
        }
        add(step.told(as: text))
        return StepResult(isCached: isCached, layer: step.layer)
    }

    /// Whether the stage takes results of earlier builds.
    var usesCache: Bool { request.usesCache && !request.uncachedStages.contains { $0.lowercased() == stage.label } }

    func add(_ step: CachedStep, to state: inout StageState) {
        if let layer = step.layer {
            state.add(layer, createdBy: step.text, at: step.created)
        } else {
            state.add(createdBy: step.text, at: fixedMoment)
        }
    }

    mutating func add(_ step: CachedStep) { add(step, to: &state) }

    /// Stores the layer of a plan.
    func makeLayer(_ plan: CopyPlan, _ parts: [CopyPart]) throws -> MadeLayer {
        let needed = plan.neededContents(partCount: parts.count)
        let contents = try zip(parts, needed).map { part, paths -> any SourceContents in
            guard let source = part.source as? any FileSource else { return NoContents() }
            return try source.contents(of: paths)
        }
        let latest = request.latest
        return try worker.makeLayer { writer in try plan.write(to: writer, contents, latest: latest) }
    }

    private struct NoContents: SourceContents {
        func open(_ path: [UInt8]) -> SourceContent { SourceContent(file: nil) }
    }

    /// Whose the folders are that are made for the config's user: as with `--chown`, a number alone is the group's too.
    private mutating func owner(ofFilesBy user: String) throws -> UserTable.Identity {
        user.isEmpty ? UserTable.Identity(uid: 0, gid: 0) : try owner(user)
    }

    /// Whom a step runs as.
    mutating func identity(_ user: String) throws -> UserTable.Identity {
        let tree = try tree()
        return try UserTable(tree).identity(user)
    }

    /// The owner that `--chown` names.
    mutating func owner(_ text: String) throws -> UserTable.Identity {
        guard !UserTable.isNumeric(text) else { return try UserTable(passwd: [], group: []).owner(text) }
        let tree = try tree()
        return try UserTable(tree).owner(text)
    }

    /// All layers above the base as one.
    private mutating func squash() throws {
        guard state.layers.count > baseCount + 1 else { return }
        let source = try worker.tree(of: state.layers)
        let base = try worker.tree(of: Array(state.layers[..<baseCount]))
        let plan = try CopyPlan(turning: base, into: source)
        var part = CopyPart(source, .archive)
        part.keepsOwners = true
        let made = try makeLayer(plan, [part])
        state.squash(
            from: baseCount, into: made.layer, createdBy: "squashed", at: request.moment.description)
    }

    // MARK: Telling

    private func label(_ text: String) -> StepLabel {
        let isWork = ["COPY ", "ADD ", "RUN ", "WORKDIR ", "FROM "].contains { text.hasPrefix($0) }
        return StepLabel(
            number: isWork ? progress.next() : 0, stage: stageLabel,
            position: position, count: count, text: text)
    }

    private var stageLabel: String? {
        let name = isOnlyStage ? nil : stage.label
        guard let prefix = request.labelPrefix else { return name }
        return name.map { "\(prefix) \($0)" } ?? prefix
    }

    /// Runs `body`, and says of what it throws where in the Dockerfile that was.
    private mutating func failing<T>(
        lines: ClosedRange<Int>?, text: String, _ body: (inout Self) throws -> T
    ) throws -> T {
        do { return try body(&self) } catch let failure as StepFailure { throw failure } catch {
            throw StepFailure(lines: lines, text: text, cause: error)
        }
    }

    /// What history says of an instruction that changes the config: its words expanded where they are pairs.
    private func createdBy(_ instruction: Instruction) throws -> String {
        guard ["ENV", "LABEL"].contains(instruction.name) else { return instruction.title }
        let words = self.words
        let pairs = try instruction.assignments.map { pair in
            "\(try words.expand(pair.name))=\(try words.expand(pair.value))"
        }
        return "\(instruction.name) \(pairs.joined(separator: " "))"
    }
}

extension Instruction {
    /// The instruction on one line, blanks tidied, its keyword in capitals.
    var title: String {
        let words = text.split { $0.isWhitespace }
        return ([name] + words.dropFirst().map(String.init)).joined(separator: " ")
    }
}
