package import OCISpec

/// What comes to be in a container's tree only because something is mounted on it: no change that anybody made.
package struct MountStubs: Hashable, Sendable, Codable {
    /// What a directory on the way to a stub had before.
    package struct Attributes: Hashable, Sendable, Codable {
        /// Permission bits, with set-user-ID, set-group-ID and the sticky bit.
        package var mode: UInt32
        /// The number of its owner.
        package var uid: Int64
        /// The number of its group.
        package var gid: Int64

        /// Attributes from their parts.
        package init(mode: UInt32, uid: Int64, gid: Int64) {
            self.mode = mode
            self.uid = uid
            self.gid = gid
        }
    }

    /// Paths without a leading slash.
    package var stubs: Set<ExactText> = []
    /// The directories above them: as they were, or nil for those that were not there.
    package var parents: [ExactText: Attributes?] = [:]

    /// No stubs.
    package init() {}
}
