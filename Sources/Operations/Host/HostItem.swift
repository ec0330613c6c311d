/// What is listed together of a host.
package enum HostTab: String, CaseIterable, Hashable, Sendable {
    case images, containers, volumes, cache, leaked
}

/// What tells one thing of a host from all others, from one look to the next: marks and cursors keep to it.
package struct HostItem: Hashable, Sendable {
    /// Where it is listed.
    package let tab: HostTab
    /// What tells it from others there.
    package let id: String
    /// The whole name, where one name of an image is meant and not the image.
    package let name: String?

    /// One thing by what tells it from others.
    package init(_ tab: HostTab, _ id: String, name: String? = nil) { (self.tab, self.id, self.name) = (tab, id, name) }

    /// The image that a name is of; the thing itself where it is not a name.
    package var whole: HostItem { HostItem(tab, id) }
}
