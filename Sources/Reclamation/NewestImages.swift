import ImageStorage
import OCISpec

/// The images of each repository, newest first by `ImageAges.made`, then by name; an image with several tags counts once.
///
/// Bare names, as other tools give them, say no repository: all of them are one.
struct NewestImages {
    /// For each image, its place among the images of each of its repositories.
    private var places: [Digest: [(repository: String, place: Int)]] = [:]

    init(_ images: [ImageSummary], _ moments: ImageAges) {
        var members: [String: [(image: ImageSummary, moment: Timestamp, name: String)]] = [:]
        for image in images {
            var seen: Set<String> = []
            let moment = moments.made(image)
            for name in image.names where seen.insert(name.repository).inserted {
                members[name.repository, default: []].append((image, moment, name.text))
            }
        }
        for (repository, members) in members {
            let sorted = members.sorted { left, right in
                left.moment == right.moment ? left.name < right.name : left.moment > right.moment
            }
            for (place, member) in sorted.enumerated() {
                places[member.image.digest, default: []].append((repository, place))
            }
        }
    }

    /// A repository of which the image is among the newest `count`; nil where there is none.
    func repository(of image: ImageSummary, within count: Int) -> String? {
        places[image.digest]?.filter { $0.place < count }.map(\.repository).min()
    }
}

extension EntryName {
    /// The repository that the name says; that of all bare names is called as no repository can be.
    fileprivate var repository: String {
        switch self {
        case .reference(let reference): reference.repository
        case .bare: "names without a repository"
        }
    }
}
