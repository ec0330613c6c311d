package import ContentStorage
package import OCISpec

/// What is to go from a store, why, and what each frees given the ones before it: a value that can be kept, read and carried
/// out.
///
/// Carrying it out deletes nothing that it does not name, see `PlanExecution`. As a document it is what docs/reclaim.md says;
/// its victims sum to its totals.
package struct ReclamationPlan: Hashable, Sendable {
    /// What a victim is.
    package enum VictimType: String, Hashable, Sendable, Codable {
        case image, blob, layer, container, cache, partial
        /// A volume with a name that no container mounts.
        case volume
        /// A name, or an entry without one, of an image that stays.
        case name
        /// A bin of the trash.
        case trash
        /// A plan of the store that has expired.
        case plan
        /// What nobody names in an engine's root; never of a store.
        case leak
    }

    /// One thing that is to go.
    package struct Victim: Hashable, Sendable {
        /// What goes, by a name that its type can have.
        package var subject: Subject
        /// The sentence that a listing shows.
        package var reason: String
        /// Bytes that the file system gets back, given the victims before it.
        package var freesBytes: Int64
        /// The blobs that go with it.
        package var releases: [Digest]
        /// The unpacked layers that go with it, by diff ID.
        package var releasedLayers: [Digest]
        /// Of an image its ID, and its entries of `index.json` as they were; of a name its image's ID, and its own entry.
        package var imageID: Digest?
        /// Compared with `index.json` when the plan is carried out: an entry that has changed stays.
        package var entries: [Descriptor]
        /// Of an image: the entries without a name that are there for its sake, and go with it.
        package var referrers: [Descriptor] = []

        /// A victim from its parts.
        package init(
            _ subject: Subject, reason: String, freesBytes: Int64, releases: [Digest] = [],
            releasedLayers: [Digest] = [], imageID: Digest? = nil, entries: [Descriptor] = []
        ) {
            self.subject = subject
            self.reason = reason
            self.freesBytes = freesBytes
            self.releases = releases
            self.releasedLayers = releasedLayers
            self.imageID = imageID
            self.entries = entries
        }

        /// What it is.
        package var type: VictimType { subject.type }
        /// An image's first name or its ID; a digest; a container's or a session's name.
        package var name: String { subject.name }
    }

    /// Something that stays, and why.
    package struct Kept: Hashable, Sendable, Codable {
        /// What people call it.
        package var name: String
        /// The sentence that a listing shows.
        package var reason: String

        /// A survivor from its parts.
        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// By which it is kept in the store.
    package var id: PlanID
    /// The state of the index that it was made for: the digest of `index.json`.
    package var generation: String
    /// How long what goes is kept in the trash; 0 for not at all.
    package var trashSeconds: Int64
    /// How long orphaned blobs, and the last write of another tool, must lie back when it is carried out.
    package var minimumAgeSeconds: Int64
    /// In the order in which they go.
    package var victims: [Victim]
    /// What was looked at and stays, protected or not asked for.
    package var kept: [Kept]

    /// A plan from its parts.
    package init(
        id: PlanID, generation: String, trashSeconds: Int64 = 0,
        minimumAgeSeconds: Int64 = LeftoverSelection.usualAge.components.seconds, victims: [Victim], kept: [Kept]
    ) {
        self.id = id
        self.generation = generation
        self.trashSeconds = trashSeconds
        self.minimumAgeSeconds = minimumAgeSeconds
        self.victims = victims
        self.kept = kept
    }

    /// Bytes that all victims together give back.
    package var freesBytes: Int64 { victims.reduce(0) { $0 + $1.freesBytes } }
}
