// https://docs.docker.com/reference/dockerfile/#copy
// https://docs.docker.com/reference/dockerfile/#add

import DockerfileLanguage
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage

extension StageBuilder {
    /// `COPY` and `ADD`: files of the context, of stages, of servers and of the Dockerfile itself, straight into a layer.
    mutating func copy(_ instruction: Instruction) throws -> StepResult {
        let words = self.words
        let flags = try CopyFlags(instruction) { text throws(InstructionError) in try words.expand(text) }
        let arguments = try Self.expanded(instruction, words)
        guard arguments.count >= 2 else { throw InstructionError.missingArgument(instruction: instruction.name) }
        let text = "\(([instruction.name] + instruction.flags + arguments).joined(separator: " "))"
        var copying = CopyRequest(
            destination: Array(arguments[arguments.count - 1].utf8), workingDirectory: state.workingDirectory)
        copying.mode = flags.chmod
        copying.mtimeSeconds = request.moment.seconds
        if let chown = flags.chown {
            let owner = try owner(chown)
            (copying.uid, copying.gid) = (Int64(owner.uid), Int64(owner.gid))
        }
        try Self.check(flags, instruction, Array(arguments.dropLast()))
        let parts = try parts(instruction, flags, Array(arguments.dropLast()), words)

        var slot = StepKey("copy")
        if flags.isLinked { slot.add("link") } else { slot.add(state.layers) }
        slot.add([instruction.name] + arguments)
        slot.add(copying.workingDirectory)
        slot.add(copying.uid)
        slot.add(copying.gid)
        // As they are after expansion: a mode may come from an argument.
        slot.add(try instruction.flags.filter { !$0.hasPrefix("--from=") }.map { try words.expand($0) })
        slot.add(request.latest ?? -1)
        let digest = slot.digest()
        let (step, isCached) = try progress.taking(digest) {
            do {
                return try copy(copying, parts, slot: digest, text: text, isLinked: flags.isLinked)
            } catch BuildError.noSuchSource(let source) where flags.from != nil {
                throw BuildError.noSuchSourceIn(source, place: flags.from ?? "")
            }
        }
        add(step.told(as: text))
        return StepResult(isCached: isCached, layer: step.layer)
    }

    mutating func copy(
        _ copying: CopyRequest, _ parts: [CopyPart], slot: Digest, text: String, isLinked: Bool
    ) throws -> (CachedStep, isCached: Bool) {
        let isKnown = try usesCache && worker.hasCachedSteps(slot)
        if isKnown, let look = try InputListing.look(of: parts, before: request.began),
            let contents = try worker.knownContents(slot, look: look), let step = try known(slot, contents, look)
        {
            return (step, true)
        }
        let listing = try InputListing(parts)
        let look = listing.look(before: request.began)
        if isKnown, let step = try known(slot, try listing.contents(), look) { return (step, true) }
        if try parts.allSatisfy({ try $0.meansNothing() }) {
            request.report(.warned("no file matches what `\(text)` copies"))
        }
        let plan = isLinked ? try CopyPlan(copying, parts, onto: EmptyTree()) : try CopyPlan(copying, parts, onto: try tree())
        let made = try makeLayer(plan, parts)
        // The layer's index has hashes and digests of what was just read.
        var known: [CopyPlan.Content: InputListing.Reading] = [:]
        for (number, entry) in plan.entries.enumerated() {
            guard let content = entry.content else { continue }
            let hash = entry.header.kind == .file ? made.index.contents[number] : nil
            known[content] = InputListing.Reading(hash: hash, attributes: made.index.xattrs[number])
        }
        let step = CachedStep(layer: made.layer, created: request.moment.description, text: text)
        try worker.remember(step, slot, try listing.contents(known), look: look)
        return (step, false)
    }

    /// Takes a step from the cache, where it has one with inputs of these contents; what was read of them need not be read again.
    private func known(_ slot: Digest, _ contents: Digest, _ look: Digest?) throws -> CachedStep? {
        guard let step = try worker.cachedStep(slot, contents) else { return nil }
        try worker.remember(step, slot, contents, look: look)
        return step
    }

    /// The sources and the destination, expanded; heredocs as they are.
    private static func expanded(_ instruction: Instruction, _ words: BuildWords) throws -> [String] {
        try instruction.arguments.map { argument in
            instruction.heredocs.contains { $0.word == argument } ? argument : try words.expand(argument)
        }
    }

    /// Refuses flags that mean nothing to what is copied.
    private static func check(_ flags: CopyFlags, _ instruction: Instruction, _ sources: [String]) throws(BuildError) {
        if flags.checksum != nil {
            guard sources.count == 1, isRemote(sources[0]), instruction.heredocs.isEmpty else { throw .checksumNotUsed }
        }
        if flags.keepsGitFolder, !sources.contains(where: isRepository) { throw .notGit(flag: "--keep-git-dir") }
    }

    private static func isRepository(_ source: String) -> Bool {
        // One with a wrong fragment is one that is refused for that.
        do { return try GitAddress(source) != nil } catch { return true }
    }

    // MARK: Sources

    private mutating func parts(
        _ instruction: Instruction, _ flags: CopyFlags, _ sources: [String], _ words: BuildWords
    ) throws -> [CopyPart] {
        var parts: [CopyPart] = []
        var plain: [[UInt8]] = []
        let ordinary = try flags.from.map { try source(named: $0) } ?? (try request.inputs.context())
        let isContext = flags.from == nil
        let excluded = try excluded(flags.excludes)
        let isIgnored = isContext ? self.isIgnored : nil
        func flush(_ parts: inout [CopyPart]) {
            guard !plain.isEmpty else { return }
            var part = CopyPart(ordinary, .files(plain))
            part.keepsOwners = !isContext && flags.chown == nil
            part.keepsParents = flags.keepsParents
            part.isIgnored = isIgnored
            part.excluded = excluded
            parts.append(part)
            plain = []
        }
        for source in sources {
            if let heredoc = instruction.heredocs.first(where: { $0.word == source }) {
                flush(&parts)
                parts.append(try inline(heredoc, words))
            } else if instruction.name == "ADD", let address = try GitAddress(source) {
                flush(&parts)
                let files = try worker.checkout(
                    address, keepsRepository: flags.keepsGitFolder, checksum: try flags.checksum.map(Self.commit))
                parts.append(CopyPart(files, .files([Array(".".utf8)])))
            } else if instruction.name == "ADD", Self.isRemote(source) {
                flush(&parts)
                parts += try fetched(source, flags, toFolder: instruction.arguments.last?.hasSuffix("/") ?? false)
            } else if instruction.name == "ADD", isContext, flags.unpacks != false {
                let archives = try archives(source, ordinary, flags, isIgnored)
                if archives.isEmpty {
                    plain.append(Array(source.utf8))
                } else {
                    flush(&parts)
                    parts += archives
                }
            } else {
                plain.append(Array(source.utf8))
            }
        }
        flush(&parts)
        return parts
    }

    private static func isRemote(_ source: String) -> Bool {
        source.hasPrefix("http://") || source.hasPrefix("https://") || isRepository(source)
    }

    /// The beginning of a commit that `--checksum` names.
    private static func commit(_ checksum: String) throws(BuildError) -> String {
        let digits = checksum.lowercased()
        guard (7...64).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else { throw .badChecksum(checksum) }
        return digits
    }

    /// A stage by name or number, a named context, or an image.
    mutating func source(named name: String) throws -> any FileSource {
        if let found = build.stages.stage(name, before: stage.index) {
            if let name = found.replacement, let context = try namedContext(name) { return context }
            guard let state = finished[found.index]?.state else { throw BuildError.badStage(name) }
            return try worker.tree(of: state.layers)
        }
        if Int(name) != nil { throw BuildError.badStage(name) }
        if name == BuildStages.scratch { return InlineFiles([:], mtimeSeconds: 0) { _ in throw BuildError.noSuchSource(name) } }
        if let context = try namedContext(ContextName.normalized(name)) { return context }
        // Its own one, or one that comes later.
        if build.stages.has(name) { throw BuildError.badStage(name) }
        return try worker.tree(of: try image(name).layers)
    }

    private func excluded(_ excludes: [String]) throws -> IgnorePatterns? {
        do { return excludes.isEmpty ? nil : try IgnorePatterns(excludes) } catch {
            throw BuildError.badPattern(excludes.joined(separator: " "))
        }
    }

    /// What the context's ignore file leaves out of it.
    private var isIgnored: (@Sendable ([UInt8]) -> Bool)? {
        guard let ignored = request.ignored else { return nil }
        return { path in ignored.excludes(String(decoding: path, as: UTF8.self)) }
    }

    private func inline(_ heredoc: Instruction.Heredoc, _ words: BuildWords) throws -> CopyPart {
        let text = heredoc.isExpanded ? try words.expandText(heredoc.content) : heredoc.content
        let name = Array(heredoc.name.utf8)
        let worker = self.worker
        let files = InlineFiles([name: Array(text.utf8)], mtimeSeconds: request.moment.seconds) { try worker.spool($0) }
        return CopyPart(files, .files([name]))
    }

    /// The archives among the files that a source of `ADD` means; none when it means no archive at all.
    private func archives(
        _ source: String, _ context: any FileSource, _ flags: CopyFlags, _ isIgnored: (([UInt8]) -> Bool)?
    ) throws -> [CopyPart] {
        let pattern = SourcePattern(text: Array(source.utf8))
        let files = try pattern.files(in: context).filter { isIgnored?($0.file.path) != true || $0.file.kind == .directory }
        var parts: [CopyPart] = []
        var hasArchive = false
        for match in files {
            let file = match.file
            let content = file.kind == .file && file.size > 0 ? try context.contents(of: [file.path]).open(file.path) : nil
            if let content, let archive = try worker.archive(content) {
                var part = CopyPart(archive, .archive)
                part.keepsOwners = flags.chown == nil
                parts.append(part)
                hasArchive = true
            } else {
                parts.append(CopyPart(context, .files([match.path.escapedPattern])))
            }
        }
        return hasArchive ? parts : []
    }

    private func fetched(_ url: String, _ flags: CopyFlags, toFolder: Bool) throws -> [CopyPart] {
        let file = try worker.fetch(url)
        if let checksum = flags.checksum {
            guard let expected = Digest(ifValid: checksum) else { throw BuildError.badChecksum(checksum) }
            guard expected == file.digest else {
                throw BuildError.checksumMismatch(url: url, expected: expected, actual: file.digest)
            }
        }
        if flags.unpacks == true, let archive = try worker.archive(file.content) {
            var part = CopyPart(archive, .archive)
            part.keepsOwners = flags.chown == nil
            return [part]
        }
        let path = url.drop { $0 != ":" }.dropFirst(3).prefix { $0 != "?" && $0 != "#" }
        let name = path.split(separator: "/").dropFirst().last.map(String.init) ?? ""
        guard !name.isEmpty || !toFolder else { throw BuildError.noSuchSource(url) }
        let whole = name.isEmpty ? "index" : name
        return [CopyPart(FetchedSource(name: Array(whole.utf8), file: file), .files([Array(whole.utf8).escapedPattern]))]
    }
}

/// One fetched file as a source.
private struct FetchedSource: FileSource, SourceContents {
    let name: [UInt8]
    let file: FetchedFile

    func file(at path: [UInt8]) -> SourceFile? {
        if path.isEmpty { return SourceFile(path: [], kind: .directory, FileMetadata(mode: 0o755)) }
        guard path == name else { return nil }
        return SourceFile(
            path: name, kind: .file, FileMetadata(mode: 0o600, mtimeSeconds: file.modifiedSeconds ?? 0), size: file.size)
    }

    func children(of path: [UInt8]) -> [SourceFile] { path.isEmpty ? file(at: name).map { [$0] } ?? [] : [] }

    func contentHash(of path: [UInt8]) throws(BuildError) -> ContentHash {
        guard let content = file.content.file else { return ContentHash() }
        let (offset, size) = (file.content.offset, file.size)
        do throws(StorageError) {
            return try ContentHash { (buffer, done) throws(StorageError) in
                let wanted = Int(min(Int64(buffer.count), size - done))
                return try content.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset + done)
            }
        } catch {
            throw .unreadable(path: path, errno: error.errno.rawValue)
        }
    }

    func contents(of paths: [[UInt8]]) -> any SourceContents { self }

    func open(_ path: [UInt8]) -> SourceContent { file.content }
}

extension [UInt8] {
    /// The path as a pattern that means it alone.
    fileprivate var escapedPattern: [UInt8] {
        flatMap { "*?[\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}
