import ContentStorage
import ImageStorage
import StorageIO

/// Names that may be those of containers or of images.
extension NamedContainers {
    /// What `container` makes of the container that `text` means, and where there is none, what `image` makes of the image; as with
    /// docker, a container goes before an image of the same name.
    ///
    /// Of damaged containers the names are not known. Where `image` finds none either, the error tells of them.
    package func either<Value>(
        _ text: String, container: (FoundContainer) throws -> Value, image: () throws -> Value
    ) throws -> Value {
        let item: FoundContainer
        do {
            item = try find(text)
        } catch ContentError.containerAbsent {
            return try image()
        } catch ContainerError.notFound(_, let damaged) {
            do { return try image() } catch  where Self.isOfAbsentImage(error) {
                throw ContainerError.neitherFound(text, damaged: damaged)
            }
        }
        return try container(item)
    }

    private static func isOfAbsentImage(_ error: any Error) -> Bool {
        switch error {
        case OperationError.noSuchSource, ImageError.noSuchImage, ImageError.badName: true
        default: false
        }
    }
}
