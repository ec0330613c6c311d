import OCISpec

/// `repositories.json`: the names of images.
struct DockerNames: Decodable {
    /// For each repository its references, and the image of each.
    let Repositories: [ExactText: [ExactText: String]]?
}

/// An image's document, as far as it is needed here.
struct DockerImageDocument: Decodable {
    struct Tree: Decodable {
        let diff_ids: [String]?
    }

    struct Settings: Decodable {
        let Labels: [ExactText: String]?
    }

    let rootfs: Tree?
    let created: String?
    let config: Settings?
}

/// `config.v2.json`: a container.
struct DockerContainerDocument: Decodable {
    struct State: Decodable {
        let Running: Bool?
        let Paused: Bool?
        let Restarting: Bool?
        let Dead: Bool?
        let RemovalInProgress: Bool?
        let StartedAt: String?
        let FinishedAt: String?
    }

    struct MountPoint: Decodable {
        /// The volume's name; none for a folder of the machine.
        let Name: String?
    }

    struct Settings: Decodable {
        let Labels: [ExactText: String]?
    }

    let Name: String?
    let Image: String?
    let Created: String?
    let Config: Settings?
    let State: State?
    let MountPoints: [ExactText: MountPoint]?
}

/// A value as BuildKit stores it.
struct BuildKitNumber: Decodable {
    let value: Int64
}

/// The same of a text.
struct BuildKitText: Decodable {
    let value: String
}

extension Timestamp {
    /// Seconds since 1970 of a time that a document says; nil for none, and for Go's moment zero.
    static func seconds(_ text: String?) -> Int64? {
        guard let text, let time = Timestamp(parsing: text), time.seconds > 0 else { return nil }
        return time.seconds
    }
}
