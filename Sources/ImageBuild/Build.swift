// https://docs.docker.com/reference/dockerfile/
// https://docs.docker.com/build/building/multi-stage/

package import DockerfileLanguage
import OCISpec
import SettingsFile
import StorageIO
import TextValues

/// A build: the stages that a target needs, one after another, each to its image.
package struct Build<Worker: BuildWorker>: Sendable {
    let request: BuildRequest
    let worker: Worker
    private(set) var stages: BuildStages
    /// The stage whose image is the result.
    package let target: BuildStage

    /// Plans the build; an error is the Dockerfile's, or there is no such target.
    package init(_ request: BuildRequest, _ worker: Worker) throws {
        self.request = request
        self.worker = worker
        stages = try BuildStages(
            request.file, arguments: request.arguments, platforms: request.platformArguments(),
            contexts: Set(request.inputs.named.keys))
        guard let target = stages.find(request.target) else {
            let names = stages.stages.compactMap(\.name)
            throw BuildError.noSuchTarget(
                request.target ?? "", suggestion: Suggestion.nearest(to: request.target ?? "", among: names))
        }
        self.target = target
        for name in request.uncachedStages where !stages.stages.contains(where: { $0.label == name.lowercased() }) {
            throw BuildError.noSuchTarget(
                name, suggestion: Suggestion.nearest(to: name, among: stages.stages.compactMap(\.name)))
        }
    }

    /// Builds, and returns the target's image.
    ///
    /// Stages that do not need each other are built at the same time. After an error nothing has a name, but what steps have
    /// finished stays in the cache. Blocks the calling thread, which must not be one of Swift's cooperative pool.
    package func run(_ numbers: StepNumbers = StepNumbers()) throws -> StageState {
        var planned = self
        let progress = BuildProgress(numbers)
        let needed = try planned.plan(progress)
        return try planned.run(needed, progress)
    }

    /// Finds the stages that are needed, and what their base images leave to be done in them, which may need more stages.
    private mutating func plan(_ progress: BuildProgress) throws -> [BuildStage] {
        var looked: Set<Int> = []
        while true {
            let needed = stages.needed(for: target)
            let unknown = needed.filter { !looked.contains($0.index) }
            if unknown.isEmpty { return needed }
            // All names first, each once, as BuildKit does: what they mean is held until the end.
            for stage in unknown {
                looked.insert(stage.index)
                var builder = StageBuilder(self, stage, finished: [:], progress, isOnlyStage: needed.count == 1)
                let triggers = try builder.findTriggers()
                stages.setTriggers(triggers, of: stage)
                builder = StageBuilder(self, stages.stages[stage.index], finished: [:], progress, isOnlyStage: needed.count == 1)
                try builder.findImages()
            }
        }
    }

    private func run(_ needed: [BuildStage], _ progress: BuildProgress) throws -> StageState {
        let places = Dictionary(uniqueKeysWithValues: needed.enumerated().map { ($1.index, $0) })
        let needs = needed.map { stage in stages.dependencies(of: stage).compactMap { places[$0] } }
        let finished: [FinishedStage]
        do {
            finished = try Threads.concurrently(needs: needs, workers: request.workerCount) { place, inputs -> FinishedStage in
                let earlier = Dictionary(uniqueKeysWithValues: inputs.map { (needed[$0.key].index, $0.value) })
                var builder = StageBuilder(self, needed[place], finished: earlier, progress, isOnlyStage: needed.count == 1)
                do { return try builder.run() } catch {
                    progress.fail(error)
                    throw error
                }
            }
        } catch {
            throw progress.firstFailure ?? error
        }
        warnOfUnusedArguments(needed)
        guard var state = finished.last?.state else { throw BuildError.noSuchTarget("\(target.index)", suggestion: nil) }
        if !request.labels.isEmpty {
            state.container.labels = (state.container.labels ?? [:]).merging(request.labels) { _, new in new }
        }
        return state
    }

    private func warnOfUnusedArguments(_ needed: [BuildStage]) {
        guard request.warnsOfArguments else { return }
        var declared = BuildRequest.passedThrough.union(BuildRequest.builtIn).union(stages.globals.keys).union(
            request.platformArguments().keys)
        for stage in stages.stages {
            for instruction in stage.triggers + stage.instructions where instruction.name == "ARG" {
                declared.formUnion(instruction.arguments.map { ExactText(NameValue($0).name) })
            }
        }
        for name in request.arguments.keys.sorted() where !declared.contains(name) {
            request.report(.warned("no ARG of the Dockerfile takes --build-arg \(name)"))
        }
    }
}
