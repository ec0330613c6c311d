import ImageStorage
import OCISpec

/// What images give back when they leave one after another: all that a decision about images asks of where they are.
///
/// An image is called by the digest that tells it from the others there. What has left counts no more, so every figure is that of
/// the moment of asking. A copy is another course of events.
protocol LeavingImages {
    /// What has gone so far, by either ruler.
    var freed: FreedBytes { get }
    /// Whether what keeps an image may go with other images.
    var imagesKeepImages: Bool { get }
    /// Whether a name can go while its image stays; else what the rules say of one is a reason and no more.
    var removesSingleNames: Bool { get }

    /// What keeps an image whatever the policy, in a sentence; nil where nothing does.
    func keeper(of image: Digest) -> String?

    /// Takes an image out, with all its names, as the next victim; returns the images that would free more now.
    ///
    /// `isForBudget` tells that its bytes are what is wanted: what alone keeps them then may go with it.
    mutating func remove(_ image: ImageSummary, reason: String, isForBudget: Bool) -> Set<Digest>

    /// Takes a name, or an entry without one, of an image that stays.
    mutating func untag(_ entry: NamedImage, of image: ImageSummary, reason: String)

    /// Notes why an image stays.
    mutating func keep(_ image: ImageSummary, reason: String)

    /// What the image's removal would free.
    func freedIfRemoved(_ image: Digest) -> FreedBytes

    /// What has gone of that which an image reached that has left: with it, or with those after it.
    func freedAmong(_ image: Digest) -> FreedBytes

    /// Bytes that no other image reaches that is left, as of the last `recountSharing`.
    func uniqueBytes(of image: Digest) -> Int64

    /// Counts anew what the images that are left share with each other.
    mutating func recountSharing()
}

extension LeavingImages {
    var removesSingleNames: Bool { true }
}
