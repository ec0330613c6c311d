import TextValues

/// The files of a package as its record lists them: folders, and names in them.
///
/// What a record says once stands here once, so that a list is never much larger than the record it comes from. Raw bytes.
package struct FileList: Hashable, Sendable {
    /// More names, or folders, than any package has.
    private static let mostNames = 4_000_000

    /// Paths from the root.
    package private(set) var folders = ByteTexts()
    /// Paths within a folder, or from the root with a slash in front; as they are written, `..` and all.
    package private(set) var names = ByteTexts()
    private var places: [UInt32] = []
    /// Whether its record lists more than is kept.
    package private(set) var isCut = false

    /// No files.
    package init() {}

    /// How many files it has.
    package var count: Int { names.count }

    /// The place in `folders` of the folder that a name is in.
    package func folder(ofName number: Int) -> Int { Int(places[number]) }

    /// Every path without a slash in front, `.` and `..` resolved: for reading, since it multiplies.
    package var paths: [[UInt8]] {
        (0..<count).map { PathWalk.cleaned(names[$0], below: Array(folders[folder(ofName: $0)])) }
    }

    /// Adds a folder, and returns its place.
    mutating func addFolder(_ path: some Sequence<UInt8>) -> Int {
        // What is in one folder too many is not in the list.
        folders.count < Self.mostNames ? folders.append(path) : folders.count
    }

    /// Adds a file in the folder at that place.
    mutating func add(_ name: some Sequence<UInt8>, in folder: Int) {
        guard count < Self.mostNames, folder < folders.count else {
            isCut = true
            return
        }
        names.append(name)
        places.append(UInt32(folder))
    }
}
