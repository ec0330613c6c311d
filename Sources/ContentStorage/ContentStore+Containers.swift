package import OCISpec
import StorageIO
import SystemPackage

/// What a container's record says that the store must know: which image it keeps.
///
/// It stands in `containers/<id>/config.json`, beside whatever else the record holds.
package struct ContainerRecord: Hashable, Sendable, Codable {
    /// The name of the container's directory.
    package var id: String
    /// What people call it.
    package var name: String?
    /// The manifest or index that the container was made from; it and all it leads to stay for as long as the record does.
    package var image: Descriptor

    /// A record from its parts.
    package init(id: String, name: String?, image: Descriptor) {
        self.id = id
        self.name = name
        self.image = image
    }
}

extension ContentStore {
    static let containersName = "containers"
    /// The record of a container, in its directory.
    package static let containerRecordName = "config.json"
    private static let containerLimits = DocumentLimits(maxBytes: 8 << 20)

    /// The containers that are there, by the names of their directories; a record that cannot be read is an error.
    ///
    /// A directory without a record is a container that is just being made, or was left so; it keeps no image. What is made
    /// or removed meanwhile may or may not be among them.
    package func containers() throws(ContentError) -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        for name in try storing({ () throws(StorageError) in try containerNames() }) {
            let path = "\(Self.containersName)/\(name)/\(Self.containerRecordName)"
            let bytes = try storing { () throws(StorageError) in
                do throws(StorageError) {
                    return try root.readFile(path, limit: Self.containerLimits.maxBytes)
                } catch let error where error.errno == .notDirectory {
                    return nil
                }
            }
            guard let bytes else { continue }
            do throws(DocumentError) {
                var record = try decodeDocument(ContainerRecord.self, from: bytes, limits: Self.containerLimits)
                record.id = name
                records.append(record)
            } catch {
                throw .damaged(.container, path: "\(root.path)/\(path)", error)
            }
        }
        return records
    }

    private func containerNames() throws(StorageError) -> [String] {
        guard try root.status(Self.containersName)?.kind == .directory else { return [] }
        return try root.directory(Self.containersName).names()
    }
}
