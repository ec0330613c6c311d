import FoundationEssentials
import StorageIO

/// A document that a process leaves for one that it starts.
enum PlanFile {
    static func write(_ value: some Encodable, to path: String) throws(RuntimeError) {
        let bytes: [UInt8]
        do { bytes = Array(try JSONEncoder().encode(value)) } catch { throw .noPlan(path: path, detail: "\(error)") }
        try write(bytes: bytes, to: path)
    }

    /// The same of bytes as they are; what was there is replaced, and a reader meanwhile may see a part.
    static func write(bytes: [UInt8], to path: String) throws(RuntimeError) {
        try lift(try File.create(path).write(bytes), to: RuntimeError.storage)
    }
}
