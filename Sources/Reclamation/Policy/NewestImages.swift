import ImageStorage
import OCISpec

/// The images of each repository, newest first by `ImageAges.made`, then by name; an image with several tags counts once, under
/// the least of them.
///
/// What is no image, such as a chart or an inventory that somebody gave a name, takes no image's place: it is counted among its
/// like. Bare names, as other tools give them, say no repository: all of them are one. In a registry images of which nobody knows the newer one
/// share a place, so that all of them are among the newest or none. Namespaces of containerd are hosts of their own.
struct NewestImages {
    private struct Group: Hashable {
        let namespace: String?
        let repository: String
        let isImage: Bool
    }

    private struct Member {
        let image: Digest
        let moment: Timestamp
        /// When it came, which tells images apart that say the same of themselves; only where it is counted.
        let came: Timestamp
        let name: String
        /// Whether images of one moment have one place: what of them is newer nobody knows.
        let sharesPlace: Bool

        /// Whether it is known to be newer than another one.
        func isNewer(than other: Member) -> Bool { (moment, came) > (other.moment, other.came) }
    }

    /// For each image, its place among the images of each of its repositories.
    private var places: [Digest: [(repository: String, place: Int)]] = [:]

    init(_ images: [ImageSummary], _ moments: ImageAges) {
        var members: [Group: [Member]] = [:]
        for image in images {
            let moment = moments.made(image)
            let sharesPlace = image.home != nil
            let came = sharesPlace ? image.imported ?? Timestamp(seconds: .min) : moment
            // By its least name, whatever the order of the index: the place of an image that loses a name never gets better.
            let names = image.names.map { (repository: image.home ?? $0.repository, text: $0.text) }.sorted { $0.text < $1.text }
            var seen: Set<String> = []
            for name in names where seen.insert(name.repository).inserted {
                let group = Group(namespace: image.namespace, repository: name.repository, isImage: image.isImage)
                members[group, default: []].append(
                    Member(image: image.digest, moment: moment, came: came, name: name.text, sharesPlace: sharesPlace))
            }
        }
        for (group, members) in members {
            let sorted = members.sorted { left, right in
                left.isNewer(than: right) || (!right.isNewer(than: left) && left.name < right.name)
            }
            var place = 0
            for (number, member) in sorted.enumerated() {
                if number == 0 || !member.sharesPlace || sorted[number - 1].isNewer(than: member) { place = number }
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
