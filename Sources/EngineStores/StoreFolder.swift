import OCISpec
import StorageIO
import SystemPackage

/// A root that is read: documents within limits, nothing locked or written, no symlink followed.
struct StoreFolder {
    let root: Directory

    /// Bytes of one document: the list of a thousand images has half a million.
    static let documentLimits = DocumentLimits(maxBytes: 256 << 20, maxDepth: 64, maxUnknownValues: 20_000_000)
    /// Bytes of a small file that holds a name or a digest.
    static let wordLimit = 4096

    /// The folder at a path of plain names; nil where there is none.
    func folder(_ path: String) throws(EngineStoreError) -> Directory? {
        var here = root
        for part in path.split(separator: "/") {
            guard let next = try Self.folder(String(part), in: here) else { return nil }
            here = next
        }
        return here
    }

    /// The folder of this name in another one; nil where there is none.
    static func folder(_ name: String, in above: Directory) throws(EngineStoreError) -> Directory? {
        do throws(StorageError) { return try above.directory(name) } catch {
            if error.isAbsent || error.errno == .notDirectory { return nil }
            throw .storage(error)
        }
    }

    /// The names in a folder, in order; none where it is not there.
    ///
    /// What is no name of ours is passed over.
    func names(_ path: String) throws(EngineStoreError) -> [PathPart] {
        guard let folder = try folder(path) else { return [] }
        do throws(StorageError) { return try folder.names().compactMap { PathPart($0) }.sorted() } catch { throw .storage(error) }
    }

    /// The bytes of a file in a folder; nil where there is none.
    static func bytes(_ name: String, in folder: Directory, limit: Int) throws(StorageError) -> [UInt8]? {
        guard let file = try folder.openFileQuietly(name) else { return nil }
        return try file.readAll(limit: limit)
    }

    /// The text of a small file without the blanks at its end; nil where there is none, or it is no text.
    static func word(_ name: String, in folder: Directory) throws(StorageError) -> String? {
        guard let file = try folder.openFileQuietly(name) else { return nil }
        let text: Result<String?, StorageError> = withUnsafeTemporaryAllocation(byteCount: wordLimit + 1, alignment: 1) {
            buffer in
            do throws(StorageError) {
                var count = try file.read(into: buffer, at: 0)
                guard count <= wordLimit else { throw StorageError(.read, file.path, .fileTooLarge) }
                while count > 0, buffer[count - 1] == UInt8(ascii: "\n") || buffer[count - 1] == UInt8(ascii: " ") { count -= 1 }
                return .success(String(validating: buffer[..<count], as: UTF8.self))
            } catch {
                return .failure(error)
            }
        }
        return try text.get()
    }

    /// A document; nil where there is none.
    static func document<T: Decodable>(
        _ type: T.Type, _ name: String, in folder: Directory, path: String
    ) throws(EngineStoreError) -> T? {
        let bytes: [UInt8]?
        do throws(StorageError) { bytes = try Self.bytes(name, in: folder, limit: documentLimits.maxBytes) } catch {
            throw .storage(error)
        }
        guard let bytes else { return nil }
        do throws(DocumentError) { return try decodeDocument(type, from: bytes, limits: documentLimits) } catch {
            throw .document(path: path, error)
        }
    }
}

extension EngineInventory {
    /// A look that is whole: what every change of the store changes is the same before and after it.
    ///
    /// After some tries the last look counts, and says that it is not settled.
    static func settled<Stamp: Equatable>(
        stamp: () throws(EngineStoreError) -> Stamp, look: (Stamp) throws(EngineStoreError) -> EngineInventory
    ) throws(EngineStoreError) -> EngineInventory {
        var triesLeft = 5
        while true {
            let before = try stamp()
            var found = try look(before)
            if try stamp() == before { return found }
            triesLeft -= 1
            guard triesLeft == 0 else { continue }
            found.isSettled = false
            return found
        }
    }

    /// Notes what was passed over.
    mutating func note(_ path: String, _ reason: EngineProblem.Reason) {
        problems.append(EngineProblem(path: path, reason: reason))
    }

    /// Notes an error of one document, which is passed over.
    mutating func note(_ path: String, failure error: EngineStoreError) {
        switch error {
        case .document(_, let fault): note(path, .document(fault))
        case .storage(let fault): note(path, .storage(fault))
        case .bolt(let fault): note(path, .database(fault))
        case .sqlite(let fault): note(path, .sqlite(fault))
        case .notAStore, .unknownDriver: note(path, .missing(""))
        }
    }

    /// Calls a path a leak; where the look is not whole, what it says of it is that nothing explains it.
    mutating func leak(_ path: String, _ reason: EngineLeak.Reason, changed: Int64) {
        leaks.append(EngineLeak(path: path, reason: reason, changedSeconds: changed))
        places.claim(path, .leaked, .leak(leaks.count - 1))
    }
}

extension EngineInventory {
    /// Takes in the volumes, which lie alike with every engine that has some.
    mutating func takeVolumes(of store: StoreFolder) throws(EngineStoreError) {
        for name in try store.names("volumes") where try store.folder("volumes/\(name)/_data") != nil {
            volumes.append(name)
            places.claim("volumes/\(name)", .volumes, .volume(name.text))
        }
    }

    /// Keeps those leaks that are ones; what the others have counts as temporary.
    mutating func keepLeaks(_ isOne: (EngineLeak) -> Bool) {
        let found = leaks
        leaks = []
        for leak in found {
            if isOne(leak) {
                self.leak(leak.path, leak.reason, changed: leak.changedSeconds)
            } else {
                places.claim(leak.path, .temporary)
            }
        }
    }
}

/// The hexadecimal digits of a SHA-256, as engines name folders and records by them.
func hexDigest(_ text: some StringProtocol) -> Digest? { Digest(ifValid: "sha256:\(text)") }

/// The digest that a text is; nil for anything else.
func digest(_ text: String?) -> Digest? { text.flatMap { Digest(ifValid: $0) } }
