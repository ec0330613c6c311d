import ContentStorage
import Distribution
import ImageStorage
import OCISpec

/// Build caches of other places. A registry's saves time and no more: without it a build is as well.
extension Workspace {
    /// The steps that a place has; nil for a registry that has none, or cannot be asked, which is told.
    func knownSteps(_ place: CachePlace, _ progress: OperationProgress) throws -> KnownSteps? {
        switch place {
        case .folder(let path): return try CacheExchange.read(path)
        case .registry(let reference):
            let registries = try registries(progress)
            do {
                if let steps = try CacheExchange.read(reference, from: registries, report: progress.distributed) { return steps }
                tell(.noCache(reference.withDefaultTag.familiar))
            } catch let error as DistributionError {
                tell(.cacheOutOfReach(reference.withDefaultTag.familiar, error))
            }
            return nil
        }
    }

    /// Writes a build's steps to a place.
    func write(
        _ steps: [CacheExchange.Step], to destination: CacheDestination, _ session: IngestSession, _ progress: OperationProgress
    ) throws {
        do {
            switch destination.place {
            case .folder(let path): try CacheExchange.write(steps, from: store.content, to: path)
            case .registry(let reference):
                let documents = try CacheDocuments(steps)
                _ = try session.store(documents.configBytes)
                _ = try session.store(documents.manifestBytes)
                let push = try Push(
                    reference, to: try registries(progress), from: store, session: session, PushOptions(),
                    report: progress.distributed)
                _ = try push.run(documents.manifest)
            }
        } catch let error where destination.isOptional {
            tell(.cacheNotWritten(error))
        }
    }
}
