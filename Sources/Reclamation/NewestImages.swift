import ImageStorage
import OCISpec

/// The images of each repository, newest first: by when they were made, where that is not known by when they came, then by
/// name; an image with several tags counts once.
struct NewestImages {
    /// For each image, its place among the images of each of its repositories.
    private var places: [Digest: [(repository: String, place: Int)]] = [:]

    init(_ images: [ImageSummary]) {
        var members: [String: [(image: ImageSummary, name: String)]] = [:]
        for image in images {
            var seen: Set<String> = []
            for case .reference(let reference) in image.names where seen.insert(reference.repository).inserted {
                members[reference.repository, default: []].append((image, reference.full))
            }
        }
        for (repository, members) in members {
            let sorted = members.sorted { left, right in
                let (newer, older) = (Self.moment(left.image), Self.moment(right.image))
                return newer == older ? left.name < right.name : newer > older
            }
            for (place, member) in sorted.enumerated() {
                places[member.image.imageID, default: []].append((repository, place))
            }
        }
    }

    /// A repository of which the image is among the newest `count`; nil where there is none.
    func repository(of image: ImageSummary, within count: Int) -> String? {
        places[image.imageID]?.filter { $0.place < count }.map(\.repository).min()
    }

    private static func moment(_ image: ImageSummary) -> Timestamp {
        image.created ?? image.imported ?? Timestamp(seconds: .min)
    }
}
