import ContentStorage
import Operations
import Reports

extension ContainerListReport.Row {
    /// The row of one container; `diskBytes` is what it changed.
    init(_ item: FoundContainer, diskBytes: Int64?) throws {
        let container = item.container
        self.init(
            id: container.id, name: container.name, imageName: container.imageName, imageID: container.imageID,
            command: container.command, created: container.created, state: item.status, diskBytes: diskBytes,
            ports: try item.network()?.ports ?? [])
    }
}
