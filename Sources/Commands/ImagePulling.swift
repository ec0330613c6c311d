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
    /// The image of this name, pulled where that is wanted: for the platform that the user asked for.
    ///
    /// A build takes a base `for` a platform of its own, and says so where one that stands alone is for another, as BuildKit does.
    func record(
        _ name: String, _ moment: PullMoment, for base: Platform? = nil, _ registry: RegistryOptions,
        _ progress: ProgressDisplay
    ) throws -> ImageRecord {
        let record = try self.record(name, moment, base ?? options.platform, isBase: base != nil, registry, progress)
        if let base, PlatformPreference(base).rank(record.platform) == nil {
            note("warning: \(name) is for \(record.platform), not for \(base)")
        }
        return record
    }

    private func record(
        _ name: String, _ moment: PullMoment, _ platform: Platform?, isBase: Bool, _ registry: RegistryOptions,
        _ progress: ProgressDisplay
    ) throws -> ImageRecord {
        if moment != .always {
            do throws(ImageError) {
                return try store.image(name, platform: platform, takesAnyAlone: isBase)
            } catch {
                guard moment == .missing, isMissing(error, name) else { throw error }
            }
        }
        let reference = try Reference(normalizing: name).withDefaultTag
        let registries = try registry.makeRegistries(note: progress.note)
        var pulling = PullOptions()
        // Of an index only what runs here; what stands alone must be for the platform only where the user named one.
        pulling.platforms = platform.map { isBase ? .base($0) : .one($0) } ?? .base(.host)
        let pull = Pull(
            reference, from: registries, into: store, session: try openSession(keepsPartials: true),
            tools: LayerTools(limits: options.limits), pulling, report: progress.distributionReport)
        defer { progress.finish() }
        return try store.load(try pull.run(at: Clock.now).image.root, platform: platform, takesAnyAlone: isBase)
    }

    /// Whether the registry may have what the store does not: the image, or one of its platforms.
    private func isMissing(_ error: ImageError, _ name: String) -> Bool {
        switch error {
        case .noSuchImage: return true
        case .noSuchPlatform:
            // Of a manifest that stands alone, the registry has no other platform either.
            do throws(ImageError) { return try store.isIndex(name) } catch { return false }
        default: return false
        }
    }
}
