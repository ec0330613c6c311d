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
            let request = try self.request(order, text, session)
            try refuseFindings(request.file, order, text)
            var worker = StoreBuildWorker(
                workspace: self, session: session, compression: order.compression,
                latest: order.isMomentFixed ? order.moment.seconds : nil, pulls: order.pulls, runtime: order.runtime,
                progress: progress)
            worker.known = try order.cacheSources.compactMap { try knownSteps($0, progress) }
            let numbers = StepNumbers()
            var states: [StageState] = []
            for platform in order.builtPlatforms {
                var request = request
                request.platform = platform
                if order.builtPlatforms.count > 1 { request.labelPrefix = platform.description }
                request.warnsOfArguments = states.isEmpty
                states.append(try Build(request, worker).run(numbers))
            }
            for destination in order.cacheDestinations {
                try write(worker.taken.all, to: destination, session, progress)
            }
            return try finish(states, order, session)
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

    private func request(_ order: BuildOrder, _ text: DockerfileText, _ session: IngestSession) throws -> BuildRequest {
        var request = BuildRequest(
            file: try Self.file(text, order.arguments), inputs: order.inputs(session), platform: .host,
            host: .host,
            moment: order.moment)
        request.isMomentFixed = order.isMomentFixed
        request.began = Clock.now
        request.target = order.target
        request.arguments = order.arguments
        request.labels = order.labels
        request.network = order.network
        request.surroundings = order.surroundings
        request.usesCache = order.usesCache
        request.uncachedStages = order.uncachedStages
        request.isSquashed = order.isSquashed
        request.workerCount = options.workerCount
        request.ignored = try order.context.ignored()
        request.report = order.report
        return request
    }

    /// What is better written otherwise in the Dockerfile of a context, with its text.
    package func checkDockerfile(
        of context: BuildContext, arguments: [ExactText: String], platform: Platform
    ) throws -> (findings: [LintFinding], text: DockerfileText) {
        let text = try context.dockerfile()
        let file: Dockerfile
        do throws(DockerfileError) {
            file = try Self.file(text, arguments)
            do {
                let platforms = BuildRequest.platformArguments(target: platform, host: .host)
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
