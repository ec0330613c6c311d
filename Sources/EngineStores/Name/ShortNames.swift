import StorageIO

/// The short names of a driver's folders: links by which overlays are mounted, each of one folder.
///
/// A folder says itself by which it is called. So does a copy of it that somebody made beside it, and then the name is that of the folder which
/// somebody needs: nobody's folder takes no name with it that is needed.
struct ShortNames {
    private struct Owner {
        let folder: PathPart
        let isNeeded: Bool
    }

    private var owners: [PathPart: Owner] = [:]
    private var byFolder: [PathPart: PathPart] = [:]

    /// Notes what a folder says; `isNeeded` is whether anybody reaches it.
    mutating func add(_ name: PathPart?, of folder: PathPart, isNeeded: Bool) {
        guard let name else { return }
        byFolder[folder] = name
        if let owner = owners[name], owner.isNeeded || !isNeeded { return }
        owners[name] = Owner(folder: folder, isNeeded: isNeeded)
    }

    /// The name of a folder, where it is that folder's own.
    subscript(folder: PathPart) -> PathPart? { byFolder[folder].flatMap { owners[$0]?.folder == folder ? $0 : nil } }

    /// Whether a folder says that it is called so.
    func contains(_ name: PathPart) -> Bool { owners[name] != nil }
}
