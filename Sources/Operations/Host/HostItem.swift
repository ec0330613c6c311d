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

    /// One thing by what tells it from others.
    package init(_ tab: HostTab, _ id: String) { (self.tab, self.id) = (tab, id) }
}
