import ContentStorage
import Operations
import Reports

extension ContainerListReport.Row {
    /// The row of one container; `diskBytes` is what it changed.
    init(_ item: FoundContainer, diskBytes: Int64?) {
        let container = item.container
        var state = State.created
        switch item.status {
        case .created: break
        case .mounted: state = .mounted
        case .running(let since): state = .running(since: since)
        case .paused(let since): state = .paused(since: since)
        case .exited(let status, let moment): state = .exited(status, at: moment)
        case .lost(let hasMachineRestarted): state = .lost(hasMachineRestarted: hasMachineRestarted)
        }
        self.init(
            id: container.id, name: container.name, imageName: container.imageName, imageID: container.imageID,
            command: container.command, created: container.created, state: state, diskBytes: diskBytes)
    }
}
