import ArgumentParser
import Distribution
import ImageStorage
import ImageTransfer
import OCISpec

/// When an image that a command needs is asked of its registry.
enum PullMoment: String, ExpressibleByArgument, CaseIterable {
    /// When the store does not have it.
    case missing
    case always
    case never
}

extension Workspace {
    /// The image of this name, pulled where that is wanted.
    func record(
        _ name: String, _ moment: PullMoment, for wanted: Platform? = nil, _ registry: RegistryOptions,
        _ progress: ProgressDisplay
    ) throws -> ImageRecord {
        let platform = wanted ?? options.platform
        if moment != .always {
            do throws(ImageError) {
                return try store.image(name, platform: platform)
            } catch {
                guard case .noSuchImage = error, moment == .missing else { throw error }
            }
        }
        let reference = try Reference(normalizing: name).withDefaultTag
        let registries = try registry.makeRegistries(note: progress.note)
        var pulling = PullOptions()
        pulling.platforms = .one(platform ?? .host)
        let pull = Pull(
            reference, from: registries, into: store, session: try openSession(keepsPartials: true),
            tools: LayerTools(limits: options.limits), pulling, report: progress.distributionReport)
        defer { progress.finish() }
        return try store.load(try pull.run(at: Clock.now).image.root, platform: platform)
    }
}
