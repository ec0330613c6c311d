import Distribution
package import ImageStorage
import ImageTransfer
package import OCISpec

/// When an image that a command needs is asked of its registry.
package enum PullMoment: String, CaseIterable, Sendable {
    /// When the store does not have it.
    case missing
    case always
    case never
}

extension Workspace {
    /// The image of this name, pulled where that is wanted: for the platform that the user asked for.
    ///
    /// A build takes a base `for` a platform of its own, and says so where one that stands alone is for another, as BuildKit does.
    package func record(
        _ name: String, _ moment: PullMoment, for base: Platform? = nil, _ progress: OperationProgress
    ) throws -> ImageRecord {
        let record = try self.record(name, moment, base ?? options.platform, isBase: base != nil, progress)
        if let base, PlatformPreference(base).rank(record.platform) == nil {
            tell(.baseOfOtherPlatform(name: name, record.platform, wanted: base))
        }
        return record
    }

    private func record(
        _ name: String, _ moment: PullMoment, _ platform: Platform?, isBase: Bool, _ progress: OperationProgress
    ) throws -> ImageRecord {
        if moment != .always {
            do {
                return try store.image(name, platform: platform, takesAnyAlone: isBase)
            } catch {
                guard moment == .missing, isMissing(error, name) else { throw error }
            }
        }
        let reference = try Reference(normalizing: name).withDefaultTag
        var pulling = PullOptions()
        // Of an index only what runs here; what stands alone must be for the platform only where the user named one.
        pulling.platforms = platform.map { isBase ? .base($0) : .one($0) } ?? .base(.host)
        let pulled = try pull(reference, pulling, progress)
        return try store.load(pulled.image.root, platform: platform, takesAnyAlone: isBase)
    }

    /// Whether the registry may have what the store does not: the image, or one of its platforms.
    private func isMissing(_ error: ImageError, _ name: String) -> Bool {
        switch error {
        case .noSuchImage: return true
        case .noSuchPlatform:
            // Of a manifest that stands alone, the registry has no other platform either.
            do throws(ImageError) {
                return try store.isIndex(name)
            } catch {
                // Then the error that the caller has says what is wrong.
                return false
            }
        default: return false
        }
    }
}
