/// One entry of a table of contents, as both formats write it; what is absent is 0 or empty.
struct TableEntry {
    var name: [UInt8] = []
    var type = ""
    var size: Int64 = 0
    var mode: Int64 = 0
    var uid: Int64 = 0
    var gid: Int64 = 0
    var modtime = ""
    var linkName: [UInt8] = []
    var digest: [UInt8] = []
    var devMajor: Int64 = 0
    var devMinor: Int64 = 0
    /// Values in base64.
    var xattrs: [(name: [UInt8], value: [UInt8])] = []
    /// Where in the blob the compressed content begins and ends.
    var offset: Int64 = 0
    var endOffset: Int64 = 0
    /// Which piece of its file it is.
    var chunkOffset: Int64 = 0
    var chunkSize: Int64 = 0

    /// The keys that are read.
    enum Key: String, CaseIterable {
        case name, type, size, mode, uid, gid, modtime, linkName, digest, devMajor, devMinor, xattrs, offset, endOffset,
            chunkOffset, chunkSize
    }

    /// An entry without any field.
    init() {}

    /// A plain file.
    init(file name: String, bytes: Int64) {
        self.name = Array(name.utf8)
        type = "reg"
        size = bytes
    }
}
