import ImageStorage
import OCISpec

/// The images of each repository, newest first by `ImageAges.made`, then by name; an image with several tags counts once, under
/// the least of them.
///
/// What is no image, such as a chart or an inventory that somebody gave a name, takes no image's place: it is counted among its
/// like. Bare names, as other tools give them, say no repository: all of them are one.
struct NewestImages {
    private struct Group: Hashable {
        let repository: String
        let isImage: Bool
    }

    private struct Member {
        let image: Digest
        let moment: Timestamp
        let name: String
    }

    /// For each image, its place among the images of each of its repositories.
    private var places: [Digest: [(repository: String, place: Int)]] = [:]

    init(_ images: [ImageSummary], _ moments: ImageAges) {
        var members: [Group: [Member]] = [:]
        for image in images {
            let moment = moments.made(image)
            // By its least name, whatever the order of the index: the place of an image that loses a name never gets better.
            let names = image.names.map { (repository: image.home ?? $0.repository, text: $0.text) }.sorted { $0.text < $1.text }
            var seen: Set<String> = []
            for name in names where seen.insert(name.repository).inserted {
                members[Group(repository: name.repository, isImage: image.isImage), default: []].append(
                    Member(image: image.digest, moment: moment, name: name.text))
            }
        }
        for (group, members) in members {
            let sorted = members.sorted { left, right in
                left.moment == right.moment ? left.name < right.name : left.moment > right.moment
            }
            for (place, member) in sorted.enumerated() {
                places[member.image, default: []].append((group.repository, place))
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
