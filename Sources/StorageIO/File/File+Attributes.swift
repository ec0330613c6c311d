import CLinux
import Glibc

extension File {
    /// The extended attributes, by name; none where the file system knows none.
    package func extendedAttributes() throws(StorageError) -> [(name: [UInt8], value: [UInt8])] {
        var length = flistxattr(fd, nil, 0)
        if length == 0 || (length < 0 && errno == ENOTSUP) { return [] }
        length = try check(.read, path) { flistxattr(fd, nil, 0) }
        var names = [CChar](repeating: 0, count: length)
        let count = try check(.read, path) { flistxattr(fd, &names, names.count) }
        var found: [(name: [UInt8], value: [UInt8])] = []
        for name in names[..<count].split(separator: 0) {
            let name = Array(name)
            let value = try value(of: name + [0])
            if let value { found.append((name.map { UInt8(bitPattern: $0) }, value)) }
        }
        return found.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// The value of one attribute; nil for one that went meanwhile, or that nobody may read.
    private func value(of name: [CChar]) throws(StorageError) -> [UInt8]? {
        let length = fgetxattr(fd, name, nil, 0)
        if length < 0 { return nil }
        var value = [UInt8](repeating: 0, count: length)
        let count = try check(.read, path) { fgetxattr(fd, name, &value, value.count) }
        return Array(value[..<count])
    }
}
