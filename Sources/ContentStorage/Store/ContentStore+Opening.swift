import OCISpec
import StorageIO
package import SystemPackage

extension ContentStore {
    /// Opens the store at `path`.
    ///
    /// With `create` a missing or half-made one is written first, and a plain image layout gets what a store has besides;
    /// without, a missing one is `.absent` and nothing is written.
    ///
    /// A store without `index.json` is `.indexMissing`, whatever `create` says; a directory with other things in it is
    /// `.notAStore`. With `create` a store that is open to those whom it is not for is closed, see `StoreAccess`. Any number of processes may open, and make, the same store at the same time.
    package static func open(
        at path: FilePath, create: Bool, patience: Duration = .seconds(30)
    ) throws(ContentError) -> ContentStore {
        let root: Directory
        do {
            root = create ? try Directory.make(path, mode: StoreAccess.newStoreMode) : try Directory.open(path)
        } catch {
            if !create, error.isAbsent { throw .absent(path: path.string) }
            throw ContentError(error)
        }
        try LayoutMarker.requireKnown(in: root)
        if let format = try StoreFormat.read(in: root) {
            try IndexFile.require(in: root)
            return try lift(try ContentStore(root, format, closes: create, patience: patience), to: ContentError.init)
        }
        guard create else {
            try requireLayout(in: root)
            return try lift(try ContentStore(root, nil, closes: false, patience: patience), to: ContentError.init)
        }
        return try writeNewStore(in: root, patience: patience)
    }

    /// Opens a store to look for damage: neither `index.json` nor `strata.json` need be there or be readable.
    ///
    /// Nothing is written. A store of a newer format is refused, since its claims are not known.
    package static func openForCheck(at path: FilePath, patience: Duration = .seconds(30)) throws(ContentError) -> ContentStore {
        guard let root = try lift(try ifPresent(try Directory.open(path)), to: ContentError.init) else {
            throw .absent(path: path.string)
        }
        var format: StoreFormat?
        do {
            format = try StoreFormat.read(in: root)
            if format == nil { try requireParts(of: root) }
        } catch .damaged(.format, _, _) {}
        return try lift(try ContentStore(root, format, closes: false, patience: patience), to: ContentError.init)
    }

    /// Tells a plain or half-made layout, which can be read, from what is damaged, empty or something else.
    private static func requireLayout(in root: Directory) throws(ContentError) {
        switch try contents(of: root) {
        case .layout: return
        case .nothing: throw .absent(path: root.path)
        case .layoutWithoutIndex: throw .indexMissing(path: root.path)
        case .other: throw .notAStore(path: root.path)
        }
    }

    /// A directory without any part of a store is none.
    private static func requireParts(of root: Directory) throws(ContentError) {
        switch try contents(of: root) {
        case .layout, .layoutWithoutIndex: return
        case .nothing: throw .absent(path: root.path)
        case .other: throw .notAStore(path: root.path)
        }
    }
}
