package import ContentStorage
package import OCISpec
package import StorageIO

extension ReclamationPlan {
    /// What a victim is, with what names it in the store.
    ///
    /// Plans are passed on as files, so whatever becomes a part of a path when the plan is carried out is no text here but one
    /// name of a folder or a digest.
    package enum Subject: Hashable, Sendable {
        /// An image, as people call it: its first name or its ID. Its entries say which one it is.
        case image(String)
        /// A name, or an entry without one, of an image that stays: its entry says which one it is.
        case name(String)
        /// An orphaned blob.
        case blob(Digest)
        /// An unpacked layer that no image has, by its diff ID.
        case layer(Digest)
        /// A container, by the name of its folder.
        case container(PathPart)
        /// A volume, by its name.
        case volume(PathPart)
        /// A step of the build cache, by the ID of its record: looked up among those that are there.
        case cacheStep(String)
        /// A folder that steps of builds share, by the digest of what they call it.
        case cacheMount(Digest)
        /// A session, by the name of its folder.
        case partial(PathPart)
        /// A bin of the trash, by its name: looked up among those that are there.
        case trash(PathPart)
        /// A plan that the store keeps and that has expired, by its ID.
        case plan(PlanID)

        /// What the names of shared folders begin with, among the names of the build cache.
        private static let mountPrefix = "mount:"

        /// The subject that a plan names so; nil where a victim of this type cannot have that name.
        package init?(_ type: VictimType, named name: String) {
            switch type {
            case .image: self = .image(name)
            case .name: self = .name(name)
            case .blob:
                guard let digest = Self.digest(name) else { return nil }
                self = .blob(digest)
            case .layer:
                guard let digest = Self.digest(name) else { return nil }
                self = .layer(digest)
            case .container:
                guard let part = PathPart(name) else { return nil }
                self = .container(part)
            case .volume:
                guard let part = PathPart(name) else { return nil }
                self = .volume(part)
            case .cache where name.hasPrefix(Self.mountPrefix):
                guard let digest = Self.digest("sha256:\(name.dropFirst(Self.mountPrefix.count))") else { return nil }
                self = .cacheMount(digest)
            case .cache: self = .cacheStep(name)
            case .partial:
                guard let part = PathPart(name) else { return nil }
                self = .partial(part)
            case .trash:
                guard let part = PathPart(name) else { return nil }
                self = .trash(part)
            case .plan:
                guard let id = PlanID(name) else { return nil }
                self = .plan(id)
            case .leak: return nil
            }
        }

        private static func digest(_ text: String) -> Digest? { Digest(ifValid: text) }

        /// The type that a plan writes.
        package var type: VictimType {
            switch self {
            case .image: .image
            case .blob: .blob
            case .layer: .layer
            case .container: .container
            case .volume: .volume
            case .cacheStep, .cacheMount: .cache
            case .partial: .partial
            case .name: .name
            case .trash: .trash
            case .plan: .plan
            }
        }

        /// The name that a plan writes.
        package var name: String {
            switch self {
            case .image(let name), .name(let name), .cacheStep(let name): name
            case .blob(let digest), .layer(let digest): digest.description
            case .container(let part), .volume(let part), .partial(let part), .trash(let part): part.text
            case .cacheMount(let digest): Self.mountPrefix + digest.hex
            case .plan(let id): id.text
            }
        }
    }
}
