import Glibc
package import SystemPackage

extension FilePath.Component {
    /// The name as the system knows it; a `String` would repair what is not UTF-8, and so name another file.
    package var bytes: [UInt8] {
        withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
}

extension Collection<UInt8> {
    /// The bytes as the system takes a path or a name, with a zero at their end.
    ///
    /// What is not UTF-8 stays as it is; a `String` would repair it, and so name another file.
    package var cString: [CChar] { map { CChar(bitPattern: $0) } + [0] }

    /// The bytes for a message.
    package var messageText: String { String(decoding: self, as: UTF8.self) }
}
