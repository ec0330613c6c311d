import ContentStorage
import EngineStores
import ImageStorage
import StorageIO
import SystemPackage

/// What earlier looks at engines' roots found of what never changes, in the catalog of a store.
///
/// No store is made for it: where there is none, every look is the first.
package struct LookMemory: Sendable {
    private let store: ImageStore?

    /// A memory that has nothing and keeps nothing.
    package static let none = LookMemory(store: nil)

    private init(store: ImageStore?) { self.store = store }

    /// That of the store at `path`, if one is there and may be used.
    package init(storeAt path: String) {
        // Why a store cannot be used, the commands that need one say; this only saves time.
        do throws(ContentError) {
            let content = try ContentStore.open(at: FilePath(path), create: false, patience: .zero)
            self.init(store: ImageStore(content: content, isForeign: content.storeID == nil))
        } catch {
            self.init(store: nil)
        }
    }

    /// What is remembered of the layers below a root.
    func layerSizes(below root: Directory) throws(StorageError) -> [FolderStamp: FolderSize] {
        guard let store else { return [:] }
        return store.catalog.layerSizes(below: try root.status())
    }

    /// Remembers them, where anything is new.
    func keep(
        _ sizes: [FolderStamp: FolderSize], below root: Directory, insteadOf known: [FolderStamp: FolderSize]
    ) throws(StorageError) {
        guard let store, sizes != known else { return }
        store.catalog.record(layerSizes: sizes, below: try root.status())
        store.catalog.close()
    }
}
