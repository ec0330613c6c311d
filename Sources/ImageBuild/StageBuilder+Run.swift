// https://docs.docker.com/reference/dockerfile/#run

import DockerfileLanguage
import LayerArchive
import OCISpec
import StorageIO
import TextValues

extension StageBuilder {
    /// `RUN`: a command in the tree so far; what it changes is the layer.
    mutating func run(_ instruction: Instruction, _ label: StepLabel) throws -> StepResult {
        let words = self.words
        let flags = try RunFlags(instruction) { text throws(InstructionError) in try words.expand(text) }
        let script = Self.script(instruction)
        let command = try script.map { [Self.path(of: $0)] } ?? command(instruction)
        let container = state.container
        let mounts = try flags.mounts.map { try mount($0) } + (script.map { [mount(of: $0)] } ?? [])
        let arguments = declared.compactMap { name in scope.arguments[name].map { "\(name)=\($0)" } }
        let network = flags.network ?? request.network
        var text = "RUN "
        if !arguments.isEmpty { text += "|\(arguments.count) \(arguments.joined(separator: " ")) " }
        text += script?.content ?? command.joined(separator: " ")

        var slot = StepKey("run")
        slot.add(state.layers)
        slot.add(command)
        slot.add(script?.content ?? "")
        slot.add(container.env ?? [])
        slot.add(arguments)
        slot.add(container.user ?? "")
        slot.add(container.workingDir ?? "")
        slot.add(network.rawValue)
        slot.add(platform.description)
        request.surroundings.add(to: &slot)
        slot.add(instruction.flags)
        slot.add(request.latest ?? -1)
        let contents = try contents(of: mounts)
        let environment = environment(container, arguments)
        return try cached(slot.digest(), contents: contents, look: nil, text: text) { builder in
            let user = try builder.identity(container.user ?? "")
            var environment = environment
            if !environment.contains(where: { $0.hasPrefix("HOME=") }) { environment.append("HOME=\(user.home)") }
            let step = RunStep(
                layers: builder.state.layers, command: command,
                environment: environment + mounts.compactMap(\.variable),
                workingDirectory: "/" + String(decoding: builder.state.workingDirectory, as: UTF8.self), uid: user.uid,
                gid: user.gid, groups: user.groups, network: network,
                surroundings: builder.request.surroundings, platform: builder.state.config.platform,
                mounts: mounts.compactMap(\.mount),
                stop: builder.progress.stop)
            let report = builder.request.report
            return try builder.worker.run(step) { report(.output(label, $0)) }
        }
    }

    /// The program and its arguments, heredocs put where they belong.
    private func command(_ instruction: Instruction) throws -> [String] {
        if instruction.isJSON {
            guard !instruction.arguments.isEmpty else { throw BuildError.noCommand }
            return instruction.arguments
        }
        guard let line = instruction.arguments.first else { throw BuildError.noCommand }
        let shell = state.container.shell ?? ContainerConfig.defaultShell
        if let whole = Self.wholeHeredoc(instruction) { return shell + [whole.content] }
        let documents = instruction.heredocs.map { "\($0.content)\($0.name)\n" }
        return shell + [documents.isEmpty ? line : "\(line)\n\(documents.joined())"]
    }

    /// The heredoc that is all of the command; nil where there is more.
    private static func wholeHeredoc(_ instruction: Instruction) -> Instruction.Heredoc? {
        guard !instruction.isJSON, instruction.heredocs.count == 1, let line = instruction.arguments.first,
            !line.contains(where: { $0.isWhitespace })
        else { return nil }
        return instruction.heredocs.first
    }

    /// The heredoc that is a script and names its interpreter: it is run as a file, so that what the script reads is not the script.
    private static func script(_ instruction: Instruction) -> Instruction.Heredoc? {
        wholeHeredoc(instruction).flatMap { $0.content.utf8.starts(with: "#!".utf8) ? $0 : nil }
    }

    /// Where the step sees it, as with BuildKit.
    private static func path(of script: Instruction.Heredoc) -> String { "/dev/pipes/\(PathPart(script.name)?.text ?? "script")" }

    private func mount(of script: Instruction.Heredoc) -> FoundMount {
        let name = Array("script".utf8)
        let worker = self.worker
        let files = InlineFiles([name: Array(script.content.utf8)], mode: 0o755, mtimeSeconds: request.moment.seconds) { bytes in
            try worker.spool(bytes)
        }
        return FoundMount(
            mount: RunStep.Mount(source: .files(files, name), target: Self.path(of: script), isWritable: false))
    }

    /// The config's variables, then the arguments that these do not hide.
    private func environment(_ container: ContainerConfig, _ arguments: [String]) -> [String] {
        var list = container.env ?? []
        func add(_ variable: String) {
            let name = NameValue(variable).name
            if !list.contains(where: { NameValue($0).name.isExactly(name) }) { list.append(variable) }
        }
        for argument in arguments { add(argument) }
        for passed in BuildRequest.passedThrough.sorted() {
            if let value = request.arguments[passed] { add("\(passed)=\(value)") }
        }
        add("PATH=\(StageState.defaultPath)")
        return list
    }

    // MARK: Mounts

    /// A mount with its source, or a secret for the environment.
    private struct FoundMount {
        var mount: RunStep.Mount?
        var variable: String?
    }

    private mutating func mount(_ wanted: RunMount) throws -> FoundMount {
        let target = absolute(wanted.target ?? "")
        switch wanted.kind {
        case .bind:
            let ignored = request.ignored
            let source: any FileSource
            if let from = wanted.from {
                source = try self.source(named: from)
                let path = PathWalk.cleaned((wanted.source ?? "").utf8)
                if try SourceLookup.file(path, in: source) == nil {
                    throw BuildError.noSuchSourceIn(wanted.source ?? "", place: from)
                }
            } else {
                source = ContextView(source: try request.inputs.context(), ignored: ignored)
            }
            return FoundMount(
                mount: RunStep.Mount(
                    source: .files(source, PathWalk.cleaned((wanted.source ?? "").utf8)), target: target,
                    isWritable: wanted.isWritable))
        case .cache:
            let source = RunStep.Cache(
                id: wanted.id ?? target, mode: wanted.mode, uid: wanted.uid, gid: wanted.gid, sharing: wanted.sharing,
                seed: try seed(wanted))
            return FoundMount(
                mount: RunStep.Mount(source: .cache(source), target: target, isWritable: wanted.isWritable))
        case .tmpfs:
            return FoundMount(
                mount: RunStep.Mount(source: .tmpfs(bytes: wanted.size), target: target, isWritable: wanted.isWritable))
        case .secret:
            let id = wanted.id ?? wanted.target.map(Self.lastPart) ?? ""
            guard let bytes = try request.inputs.secret(id) else {
                if wanted.isRequired { throw BuildError.noSuchSecret(id) }
                return FoundMount()
            }
            var found = FoundMount()
            if let variable = wanted.variable { found.variable = "\(variable)=\(String(decoding: bytes, as: UTF8.self))" }
            if wanted.variable == nil || wanted.target != nil {
                let place = absolute(wanted.target ?? "/run/secrets/\(Self.lastPart(id))")
                found.mount = RunStep.Mount(
                    source: .secret(bytes, mode: wanted.mode ?? 0o400, uid: wanted.uid, gid: wanted.gid), target: place,
                    isWritable: false)
            }
            return found
        case .ssh: return try agent(wanted)
        }
    }

    /// The ssh agent that the command line gives, for programs that find it by the usual variable.
    private func agent(_ wanted: RunMount) throws -> FoundMount {
        guard wanted.mode == nil, wanted.uid == 0, wanted.gid == 0 else {
            throw BuildError.unsupported("`mode`, `uid` or `gid` of an ssh mount")
        }
        let id = wanted.id ?? "default"
        guard let socket = request.inputs.agent(id) else {
            if wanted.isRequired { throw BuildError.noSuchAgent(id) }
            return FoundMount()
        }
        let target = absolute(wanted.target ?? "/run/buildkit/ssh_agent.\(Self.lastPart(id))")
        return FoundMount(
            mount: RunStep.Mount(source: .socket(socket), target: target, isWritable: true), variable: "SSH_AUTH_SOCK=\(target)")
    }

    /// What a cache begins with: a directory of what `from` names.
    private mutating func seed(_ wanted: RunMount) throws -> RunStep.CacheSeed? {
        guard let from = wanted.from else { return nil }
        let source = try self.source(named: from)
        let path = PathWalk.cleaned((wanted.source ?? "").utf8)
        guard let file = try SourceLookup.file(path, in: source) else {
            throw BuildError.noSuchSourceIn(wanted.source ?? "", place: from)
        }
        guard file.kind == .directory else { throw BuildError.noDirectory(wanted.source ?? "") }
        let contents = try InputListing([CopyPart(source, .files([path]))]).contents()
        return RunStep.CacheSeed(source: source, path: path, contents: contents)
    }

    private static func lastPart(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    private func absolute(_ path: String) -> String {
        "/" + String(decoding: PathWalk.cleaned(path.utf8, below: state.workingDirectory), as: UTF8.self)
    }

    /// What the mounted files are: a step is another one when they are others.
    private func contents(of mounts: [FoundMount]) throws -> Digest {
        var key = StepKey("mounts")
        for mount in mounts {
            switch mount.mount?.source {
            case .files(let source, let path):
                key.add(try InputListing([CopyPart(source, .files([path]))]).contents().description)
            case .cache(let cache): if let seed = cache.seed { key.add(seed.contents.description) }
            case .tmpfs, .secret, .socket, nil: continue
            }
        }
        return key.digest()
    }
}
