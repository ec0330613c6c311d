import DockerfileLanguage
import Operations
import TextValues

extension BuildOrder.NamedContext {
    /// The context of `NAME=FOLDER`, `NAME=docker-image://NAME` or `NAME=` with a repository's address; nil for anything else.
    ///
    /// An address of another kind would be the path of a folder that nobody has: it is refused, not looked for.
    init?(of text: NameValue) {
        guard !text.name.isEmpty, let place = text.value, !place.isEmpty else { return nil }
        let image = "docker-image://"
        if place.hasPrefix(image) {
            self = .image(String(place.dropFirst(image.count)))
        } else if let address = Self.repository(place) {
            self = .repository(address)
        } else if place.contains("://") || place.hasPrefix("git@") {
            return nil
        } else {
            self = .folder(place)
        }
    }

    private static func repository(_ place: String) -> GitAddress? {
        // One with a wrong fragment is no context of any kind.
        do { return try GitAddress(place, takesFiles: true) } catch { return nil }
    }
}
