import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// A store that a test writes itself, image by image, as any tool may.
struct BuiltStore {
    let bench: Workbench
    let images: [ImageBuilder]

    init(_ images: [ImageBuilder]) throws {
        bench = try Workbench()
        self.images = images
        try ImageBuilder.layout(images).write(to: bench.store)
    }

    /// A layer of one file whose bytes tell it from others.
    static func layer(_ name: String, size: Int = 3000) -> BuiltLayer {
        BuiltLayer([.file(name, size: size, seed: UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))])
    }

    /// `a` and `b` on a base of their own, and `c` alone.
    static func ofThree() throws -> BuiltStore {
        let base = layer("base")
        return try BuiltStore([
            ImageBuilder([base, layer("a")], named: "localhost/a:1"),
            ImageBuilder([base, layer("b")], named: "localhost/b:1"),
            ImageBuilder([layer("c")], named: "localhost/c:1"),
        ])
    }

    func path(_ name: String) -> String { "\(bench.store)/\(name)" }
    func blobPath(_ digest: Digest) -> String { path("blobs/sha256/\(digest.hex)") }
    func has(_ digest: Digest) -> Bool { access(blobPath(digest), F_OK) == 0 }

    func manifest(_ number: Int) throws -> Digest { try images[number].descriptor().digest }
    func imageID(_ number: Int) throws -> Digest { sha256(try images[number].config()) }
    func layer(_ number: Int, _ place: Int) -> Digest { images[number].layers[place].descriptor.digest }

    /// Every blob of an image, in the order in which people are told that they went.
    func blobs(_ number: Int) throws -> [Digest] {
        [try imageID(number), try manifest(number)] + images[number].layers.reversed().map(\.descriptor.digest)
    }

    /// Bytes allocated for blobs, as the file system says.
    func diskBytes(_ digests: some Sequence<Digest>) -> Int { digests.reduce(0) { $0 + Self.diskBytes(blobPath($1)) } }

    static func diskBytes(_ path: String) -> Int {
        var raw = stat()
        return lstat(path, &raw) == 0 ? Int(raw.st_blocks) * 512 : 0
    }

    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// A stopped container of an image.
    func addContainer(_ id: String, of number: Int, name: String = "box") throws {
        let image = try images[number].descriptor()
        try write(
            "containers/\(id)/config.json",
            """
            {"id":"\(id)","name":"\(name)","image":{"mediaType":"\(image.mediaType)","digest":"\(image.digest)",\
            "size":\(image.size)}}
            """)
    }

    /// Changes the entries of `index.json` as a tool does that knows nothing of strata.
    func edit(_ change: (inout [[String: Any]]) -> Void) throws {
        let url = URL(fileURLWithPath: path("index.json"))
        var index = try object(String(contentsOf: url, encoding: .utf8))
        var entries = index["manifests"] as? [[String: Any]] ?? []
        change(&entries)
        index["manifests"] = entries
        try JSONSerialization.data(withJSONObject: index).write(to: url)
    }

    /// Gives an entry an annotation.
    func annotate(_ number: Int, _ key: String, _ value: String) throws {
        try edit { entries in
            var annotations = entries[number]["annotations"] as? [String: String] ?? [:]
            annotations[key] = value
            entries[number]["annotations"] = annotations
        }
    }

    /// A class of `df`.
    func line(_ name: String) throws -> [String: Any] {
        let classes = try bench.document("df")["classes"] as? [[String: Any]] ?? []
        return try #require(classes.first { $0["class"] as? String == name })
    }
}
