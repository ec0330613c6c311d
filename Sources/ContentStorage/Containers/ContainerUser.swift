/// Whom a container runs as, by numbers.
package struct ContainerUser: Hashable, Sendable, Codable {
    /// By number of the image.
    package var uid: UInt32
    /// The primary group, by number of the image.
    package var gid: UInt32
    /// Other groups that the user is in.
    package var groups: [UInt32]
    /// An absolute path in the container, which need not be there.
    package var home: String

    /// A user from its parts.
    package init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], home: String) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}
