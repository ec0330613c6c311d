import LayerArchive
import StorageIO
import TextValues

extension PathWalk {
    /// Where `path`, as written, leads within a source.
    static func resolve(_ path: [UInt8], in source: any CopySource) throws(BuildError) -> [UInt8] {
        let place = try resolve(cleaned(path)) { (path) throws(BuildError) in
            let file = try source.file(at: path)
            return file?.kind == .symlink ? file?.linkTarget : nil
        }
        guard let place else { throw .symlinkLoop(path: path) }
        return place
    }

    /// Where `path`, as written, leads within the image built so far.
    static func resolve(_ path: [UInt8], onto tree: any TargetTree) throws(BuildError) -> [UInt8] {
        let place = resolve(cleaned(path)) { path in
            let entry = tree.entry(at: path)
            return entry?.kind == .symlink ? entry?.linkTarget : nil
        }
        guard let place else { throw .symlinkLoop(path: path) }
        return place
    }
}
