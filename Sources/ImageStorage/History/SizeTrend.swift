package import OCISpec

/// The images of a repository in the order of time, for one platform: a decision about observations, without a look at anything else.
package struct SizeTrend: Hashable, Sendable {
    /// Which date of an image counts.
    package enum Clock: String, Sendable, CaseIterable {
        /// When the image was made; where that is not known, when its name came to mean it. An image stands once for each name.
        case created
        /// When its name came to mean it: a name that went back to an earlier image shows that.
        case observed
    }

    /// One image at its time.
    package struct Point: Hashable, Sendable {
        /// When the name came to mean the image, or when the image was made, as the trend is ordered.
        package var time: Timestamp
        /// What was seen then.
        package var observation: Observation
    }

    /// The platform of all points; nil where there are none.
    package let platform: String?
    /// The platforms of which there are observations, by name.
    package let platforms: [String]
    /// Oldest first; of one time in the order in which they were noted.
    package private(set) var points: [Point]

    /// The trend of `observations` for the platform that `wanted` runs best, else for this machine's, else for that of the newest.
    ///
    /// Where nothing runs on a platform that was asked for, there are no points.
    package init(_ observations: [Observation], by clock: Clock = .created, platform wanted: Platform? = nil) {
        platforms = Set(observations.map(\.image.platform)).sorted()
        let chosen = Self.choose(platforms, wanted) ?? (wanted == nil ? observations.last?.image.platform : nil)
        var points = observations.filter { $0.image.platform == chosen }.map { seen in
            Point(time: clock == .created ? seen.image.created ?? seen.observed : seen.observed, observation: seen)
        }
        if clock == .created {
            // The latest of several observations of one image under one name.
            var seen: Set<NamedManifest> = []
            points = points.reversed().filter { seen.insert(NamedManifest($0.observation)).inserted }.reversed()
        }
        platform = points.isEmpty ? nil : chosen
        self.points = points.sorted {
            ($0.time, $0.observation.observed, $0.observation.number) < ($1.time, $1.observation.observed, $1.observation.number)
        }
    }

    private struct NamedManifest: Hashable {
        var tag: String?
        var manifest: Digest

        init(_ observation: Observation) {
            tag = observation.tag
            manifest = observation.image.manifest
        }
    }

    private static func choose(_ platforms: [String], _ wanted: Platform?) -> String? {
        let preference = PlatformPreference(wanted ?? .host)
        let ranked = platforms.compactMap { text in
            Platform(parsing: text).flatMap { preference.rank($0) }.map { (rank: $0, text: text) }
        }
        return ranked.min { $0.rank < $1.rank }?.text
    }

    /// The points from a moment on, and of those the last `count`; nil leaves nothing out.
    package func since(_ moment: Timestamp?, last count: Int?) -> SizeTrend {
        var copy = self
        if let moment { copy.points.removeAll { $0.time < moment } }
        if let count { copy.points = copy.points.suffix(count) }
        return copy
    }

    /// The newest image that is older than another one and is not it, under whatever tag; nil where there is none.
    ///
    /// An image that stands in the trend is as old as its latest place there; one that does not is as old as `created`, and without
    /// that newer than all.
    package func previous(to manifest: Digest, imageID: Digest?, created: Timestamp?) -> Observation? {
        let isSame = { (point: Point) in
            point.observation.image.manifest == manifest || point.observation.image.imageID == imageID
        }
        let older: ArraySlice<Point>
        if let own = points.lastIndex(where: isSame) {
            older = points[..<own]
        } else if let created {
            older = points[...].prefix { $0.time <= created }
        } else {
            older = points[...]
        }
        return older.last { !isSame($0) }?.observation
    }
}
