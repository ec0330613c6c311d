package import ImageStorage
package import OCISpec
import StorageIO

/// When images were made, came and were used, as far as anything tells: the one order of age in rules and budgets.
package struct ImageAges {
    private let now: Timestamp
    private let written: [Digest: Timestamp]

    /// The moments at `now` of images of which nothing tells when they were written.
    init(now: Timestamp) {
        self.now = now
        written = [:]
    }

    /// The moments at `now` of images whose files a survey saw.
    package init(_ images: [ImageSummary], _ survey: StoreSurvey, now: Timestamp) {
        self.now = now
        var written: [Digest: Timestamp] = [:]
        for image in images {
            guard let status = survey.blobs[image.digest]?.status else { continue }
            let content = Timestamp(seconds: status.modifiedSeconds, nanoseconds: Int(status.modifiedNanoseconds))
            let inode = Timestamp(seconds: status.changedSeconds, nanoseconds: Int(status.changedNanoseconds))
            // A copy that keeps no times, or those of an archive, is as new as the copying.
            written[image.digest] = content.known(now: now) ?? inode
        }
        self.written = written
    }

    /// By which the newest of a repository are counted: when it was made, else when it came.
    func made(_ image: ImageSummary) -> Timestamp { image.created(now: now) ?? came(image) }

    /// By which the least recently used leave first: when it was used, else came, else was made, else was written.
    func lastUsed(_ image: ImageSummary) -> Timestamp {
        image.used?.known(now: now) ?? image.imported?.known(now: now) ?? image.created(now: now) ?? came(image)
    }

    private func came(_ image: ImageSummary) -> Timestamp {
        image.imported?.known(now: now) ?? written[image.digest] ?? Timestamp(seconds: .min)
    }
}
