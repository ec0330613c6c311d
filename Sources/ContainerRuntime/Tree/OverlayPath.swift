import TextValues

/// How the options of an overlay's mount name directories.
///
/// Commas, colons and backslashes mean something there, and kernels differ in how they are escaped; options are also no longer than a
/// page. So a directory is named by the way to it from the folder that the mount is made from, which is in the same store: what people
/// call their folders is no part of it.
enum OverlayPath {
    /// The way from `folder` to `path`, which are both absolute and have no symlinks but above what they share.
    ///
    /// A path that is relative already stays as it is.
    static func relative(_ path: String, from folder: String) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else { return path }
        let (wanted, here) = (PathWalk.parts(path.utf8), PathWalk.parts(folder.utf8))
        let common = zip(wanted, here).prefix { $0 == $1 }.count
        let up = here.dropFirst(common).map { _ in Array("..".utf8) }
        let way = PathWalk.joined(up + wanted.dropFirst(common))
        return way.isEmpty ? "." : String(decoding: way, as: UTF8.self)
    }
}
