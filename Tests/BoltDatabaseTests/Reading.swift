import BoltDatabase
import Foundation
import StorageIO
import SystemPackage
import TestSupport

/// A folder with one file that is looked at.
struct Bench {
    let scratch: TemporaryDirectory
    let folder: Directory
    private let out: FileHandle

    init() throws {
        scratch = try TemporaryDirectory()
        FileManager.default.createFile(atPath: scratch.path("db"), contents: nil)
        folder = try Directory.open(FilePath(scratch.path))
        out = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.path("db")))
    }

    /// Writes the file anew.
    func write(_ bytes: [UInt8]) throws {
        try out.truncate(atOffset: 0)
        try out.write(contentsOf: bytes)
    }

    /// Writes a part of the file over.
    func write(_ bytes: [UInt8], at offset: Int) throws {
        try out.seek(toOffset: UInt64(offset))
        try out.write(contentsOf: bytes)
    }

    func snapshot(limit: Int64 = BoltSnapshot.maxBytes) throws -> BoltSnapshot? {
        try BoltSnapshot.read("db", in: folder, limit: limit)
    }

    /// What is wrong with these bytes; nil where they are read.
    func fault(_ bytes: [UInt8]) throws -> BoltError? {
        try write(bytes)
        do {
            _ = try snapshot()?.root.all
            return nil
        } catch let error as BoltError { return error }
    }
}

extension BoltBucket {
    /// The bucket with all that is in it.
    var all: [[UInt8]: ModelFile.Node] {
        var found: [[UInt8]: ModelFile.Node] = [:]
        forEach { key, item in
            switch item {
            case .value(let bytes): found[Array(key)] = .value(Array(bytes))
            case .bucket(let bucket): found[Array(key)] = .bucket(bucket.all)
            }
        }
        return found
    }
}

extension SeededNumbers {
    /// Keys, values and buckets by chance.
    mutating func items(_ count: Int, depth: Int) -> [[UInt8]: ModelFile.Node] {
        var items: [[UInt8]: ModelFile.Node] = [:]
        for _ in 0..<count {
            let key = (0..<number(1...12)).map { _ in UInt8(number(0...255)) }
            if depth > 0, chance(20) {
                items[key] = .bucket(self.items(number(0...20), depth: depth - 1))
            } else {
                items[key] = .value((0..<number(0...(chance(2) ? 5000 : 60))).map { _ in UInt8(number(0...255)) })
            }
        }
        return items
    }
}
