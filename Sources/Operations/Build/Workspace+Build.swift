import ContentStorage
package import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
package import OCISpec
import Reclamation

/// Images built from Dockerfiles.
extension Workspace {
    /// Builds an image, gives it its names and writes it where it is wanted besides.
    ///
    /// What fails at a line of the Dockerfile is a `BuildFailure`. After an error nothing has a name, but what steps have finished stays in
    /// the cache.
    package func build(_ order: BuildOrder, _ progress: OperationProgress) throws -> BuiltImage {
        let session = try openSession()
        let text = try order.context.dockerfile()
        do {
            let request = try self.request(order, text)
            try refuseFindings(request.file, order, text)
            var worker = StoreBuildWorker(
                workspace: self, session: session, compression: order.compression,
                latest: order.isMomentFixed ? order.moment.seconds : nil, pulls: order.pulls, runtime: order.runtime,
                progress: progress)
            worker.known = try order.cacheSources.map(CacheExchange.read)
            let state = try Build(request, worker).run()
            for path in order.cacheDestinations {
                try CacheExchange.write(worker.taken.all, from: store.content, to: path)
            }
            return try finish(state, order, session)
        } catch let error as DockerfileError {
            throw BuildFailure(text, error.line...error.line, error)
        } catch let failure as StepFailure {
            throw BuildFailure(text, failure.lines, instruction: failure.text, failure.cause)
        }
    }

    /// Where the Dockerfile's check directive makes findings errors: then nothing is built.
    private func refuseFindings(_ file: Dockerfile, _ order: BuildOrder, _ text: DockerfileText) throws {
        guard file.directives.check.isError else { return }
        let findings = findings(in: file, text, ignored: try order.context.ignored())
        if !findings.isEmpty { throw BuildFindings(findings: findings, place: text.place) }
    }

    private func request(_ order: BuildOrder, _ text: DockerfileText) throws -> BuildRequest {
        var request = BuildRequest(
            file: try Self.file(text, order.arguments), inputs: order.inputs, platform: options.platform ?? .host,
            host: .host,
            moment: order.moment)
        request.isMomentFixed = order.isMomentFixed
        request.began = Clock.now
        request.target = order.target
        request.arguments = order.arguments
        request.labels = order.labels
        request.network = order.network
        request.usesCache = order.usesCache
        request.isSquashed = order.isSquashed
        request.workerCount = options.workerCount
        request.ignored = try order.context.ignored()
        request.report = order.report
        return request
    }

    /// Stores the image's documents, gives it its names, writes it where it is wanted.
    private func finish(_ state: StageState, _ order: BuildOrder, _ session: IngestSession) throws -> BuiltImage {
        let written = try write(state.config, layers: state.layers.map(\.descriptor), session)
        // Who wants the image elsewhere, and gives it no name here, has no use for one without.
        let isKept = order.destinations.isEmpty || !order.names.isEmpty
        if isKept { try publish(written, names: order.names, at: order.moment) }
        let image = Self.scanned(state, written)
        let names = order.names.map { NamedImage(name: .reference($0), descriptor: written.descriptor) }
        for destination in order.destinations {
            try destination.write(
                image, names: names.isEmpty ? [NamedImage(name: nil, descriptor: written.descriptor)] : names, self,
                order.writing(destination))
        }
        let waste = order.wantsWaste ? try self.waste(image) : nil
        if !isKept { try letGo([written.descriptor.digest, written.imageID], session) }
        return BuiltImage(
            imageID: written.imageID, digest: written.descriptor.digest, layers: state.layers.map(\.descriptor), waste: waste)
    }

    /// Removes an image's documents, unless something else reaches them; the layers are the build cache's.
    private func letGo(_ documents: [Digest], _ session: IngestSession) throws {
        // What a session holds does not go.
        try session.end()
        let options = ReleaseOptions(items: Set(documents.map { .blob($0) }))
        _ = try Release(store, now: Clock.now).run(options) { _ in [] }.orThrow()
    }

    /// What of the image is wasted, and which step stored most of that.
    private func waste(_ image: ScannedImage) throws -> BuiltImage.Waste? {
        let analysis = try self.analysis(image, base: nil)
        guard let wasted = analysis.totals.wastedBytes, let visible = analysis.totals.visibleBytes else { return nil }
        let hidden = analysis.layers.map { (layer: $0, bytes: $0.figures.hiddenBytes ?? 0) }
        let worst = hidden.max { $0.bytes < $1.bytes }
        return BuiltImage.Waste(
            wastedBytes: wasted, visibleBytes: visible,
            worst: worst.flatMap { layer, bytes in bytes > 0 ? (layer.identity.createdBy, bytes) : nil })
    }

    private static func scanned(_ state: StageState, _ written: WrittenImage) -> ScannedImage {
        ScannedImage(
            name: nil, manifestDigest: written.descriptor.digest, imageID: written.imageID, config: state.config,
            platform: state.config.platform, annotations: [:],
            layers: state.layers.map { ScannedLayer(diffID: $0.diffID, descriptor: $0.descriptor, isAbsent: false) })
    }

    /// What is better written otherwise in the Dockerfile of a context, with its text.
    package func checkDockerfile(
        of context: BuildContext, arguments: [ExactText: String]
    ) throws -> (findings: [LintFinding], text: DockerfileText) {
        let text = try context.dockerfile()
        let file: Dockerfile
        do throws(DockerfileError) {
            file = try Self.file(text, arguments)
            do {
                let platforms = BuildRequest.platformArguments(target: options.platform ?? .host, host: .host)
                _ = try BuildStages(file, arguments: arguments, platforms: platforms)
            } catch {
                // An ARG that only a command line fills is a finding of its own.
                guard case .emptyBase = error.problem else { throw error }
            }
        } catch {
            throw BuildFailure(text, error.line...error.line, error)
        }
        return (findings(in: file, text, ignored: try context.ignored()), text)
    }

    /// The Dockerfile of a text, and for its checks what the command line says in place of the directive.
    private static func file(
        _ text: DockerfileText, _ arguments: [ExactText: String]
    ) throws(DockerfileError) -> Dockerfile {
        var file = try DockerfileParser.parse(text.content)
        if let check = arguments[BuildRequest.checkArgument] { file.directives.check = try LintSettings(check, line: 1) }
        return file
    }

    private func findings(in file: Dockerfile, _ text: DockerfileText, ignored: IgnorePatterns?) -> [LintFinding] {
        Lint.findings(in: file, lines: text.lines, ignored: ignored) { name in
            // Nothing is fetched for it: a base that the store does not have is one that nobody knows.
            do throws(ImageError) {
                let image = try store.image(name, platform: nil)
                return Set((image.config.config?.env ?? []).map { String($0.prefix { $0 != "=" }) })
            } catch {
                // Then no variable is called unknown.
                return nil
            }
        }
    }
}
