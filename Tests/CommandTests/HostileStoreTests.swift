import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// Commands on a store whose records and folders were made to lead elsewhere: a tree beside the store stays as it is.
struct HostileStoreTests {
    private let store: BuiltStore

    init() throws {
        store = try BuiltStore.ofThree()
        for name in ["file", "sub/file", "config.json"] { try store.write("../precious/\(name)", "somebody's") }
    }

    private var precious: String { store.bench.folder.path("precious") }

    private func contents() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: precious) {
            found[path] = FileManager.default.contents(atPath: "\(precious)/\(path)") ?? Data()
        }
        return found
    }

    /// A record as `create` writes it, but for its ID.
    private func addContainer(_ folder: String, saying id: String) throws {
        let image = try store.images[0].descriptor()
        let descriptor: [String: Any] = [
            "mediaType": image.mediaType, "digest": image.digest.description, "size": image.size,
        ]
        let record: [String: Any] = [
            "id": id, "name": "web", "image": descriptor, "manifest": descriptor, "imageID": try store.imageID(0).description,
            "imageName": "localhost/a:1", "created": "2024-01-01T00:00:00Z", "layers": [String](), "config": [String: Any](),
            "user": ["uid": 0, "gid": 0, "groups": [Int](), "home": "/"],
            "settings": [
                "hasTerminal": false, "keepsInputOpen": false, "isRemovedAtEnd": false, "hasReadOnlyTree": false,
                "isPrivileged": false, "isMount": false, "network": "host", "mounts": [[String: Any]](),
                "capabilities": [String](),
            ] as [String: Any],
            "stubs": ["stubs": [String](), "parents": [String: Any]()] as [String: Any],
        ]
        try store.write(
            "containers/\(folder)/config.json",
            String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self))
    }

    private func link(_ place: String) throws {
        let path = store.path(place)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try #require(symlink(precious, path) == 0)
    }

    @Test(arguments: ["../../precious", "../../precious/sub", "../..", "/", ""])
    func aContainersRecordCannotNameAnotherFolder(id: String) throws {
        try addContainer("c0ffee", saying: id)
        let before = try contents()
        for arguments in [["ps", "-a"], ["rm", "-f", "web"], ["rm", "-f", "c0"], ["container", "prune", "-f"]] {
            _ = try store.bench.program.run(arguments)
        }
        #expect(try contents() == before)
        #expect(store.has(try store.manifest(0)))
    }

    private static let digest = String(repeating: "a", count: 64)
    private static let places = [
        "containers/link", "containers/\(digest)", "ingest/link", "trash/link", "cache/\(digest)", "cache/mounts/\(digest)",
        "layers/sha256-\(digest)", "layers/l/LINK", "plans/deadbeef0000.json",
    ]

    @Test(arguments: places) func symlinksInTheStoreAreNotFollowed(place: String) throws {
        try link(place)
        let (digest, before) = (Self.digest, try contents())
        for arguments in [
            ["ps", "-a"], ["rm", "-f", "link"], ["rm", "-f", digest], ["gc", "--min-age", "0s"], ["builder", "prune", "-af"],
            ["container", "prune", "-f"], ["fsck", "--repair"], ["undo"], ["undo", "deadbeef0000"], ["apply", "deadbeef0000"],
            ["df"], ["system", "prune", "-af"], ["image", "prune", "-af"],
        ] { _ = try store.bench.program.run(arguments) }
        #expect(try contents() == before)
    }

    @Test(arguments: ["containers", "trash", "ingest", "cache", "plans", "locks"])
    func norWhereAWholeFolderIsOne(folder: String) throws {
        try FileManager.default.createDirectory(atPath: store.path(""), withIntermediateDirectories: true)
        try link(folder)
        let before = try contents()
        for arguments in [
            ["ps", "-a"], ["rm", "-f", "sub"], ["gc", "--min-age", "0s"], ["builder", "prune", "-af"],
            ["container", "prune", "-f"],
            ["fsck", "--repair"], ["undo"], ["rmi", "localhost/c:1"], ["system", "prune", "-af"],
        ] { _ = try store.bench.program.run(arguments) }
        #expect(try contents() == before)
    }

    /// People move a large folder to another disk and leave a link: what it keeps is not known then.
    @Test(arguments: ["containers", "cache", "plans"], [["rmi", "localhost/b:1"], ["image", "prune", "-af"], ["gc"]])
    func nothingGoesWhereAFolderIsElsewhere(folder: String, command: [String]) throws {
        try addContainer("c0ffee", saying: "c0ffee")
        try store.write("cache/file", "")
        try store.write("plans/file", "")
        try FileManager.default.moveItem(atPath: store.path(folder), toPath: store.path("../moved"))
        try #require(symlink(store.path("../moved"), store.path(folder)) == 0)
        expectSentence(try store.bench.program.run(command), naming: "`\(folder)` is a symbolic link")
        #expect(try store.bench.imageNames().count == 3)
        #expect(try store.blobs(0).allSatisfy(store.has))
        let fsck = try store.bench.strata("fsck")
        #expect(fsck.status == 1 && fsck.output.contains("unreadable  \(folder)"), "\(fsck.output)")
    }

    /// A bind mount is on the same device, and no file can be renamed out of it all the same.
    @Test(.needsRoot) func nothingGoesWhereAFolderIsMountedFromTheSameFileSystem() throws {
        let outcome = try store.bench.shell(
            """
            exec unshare -m sh -c 'cp -a "$STRATA_STORE/blobs" "$1" && mount --bind "$1" "$STRATA_STORE/blobs" || exit 99
            "$STRATA" rmi localhost/a:1; echo $?; "$STRATA" images -q | wc -l; "$STRATA" df > /dev/null; echo $?' sh "$1"
            """, store.bench.folder.path("elsewhere"))
        try Skip.unless(outcome.status != 99, "nothing can be mounted here")
        #expect(outcome.lines == ["3", "3", "0"], "\(outcome.errors)")
        #expect(outcome.errors.contains("`blobs` is a mount point"), "\(outcome.errors)")
    }

    /// What a killed build had mounted may still be: the session waits for that, and nobody for the session.
    @Test(.needsRoot) func aDeadSessionInWhichSomethingIsMountedKeepsNobodyFromWorking() throws {
        let image = store.bench.folder.path("root.tar")
        let outcome = try store.bench.shell(
            """
            exec unshare -m sh -c 'mkdir -p "$1" "$STRATA_STORE/ingest/dead/run.1/merged" && echo x > "$1/precious" || exit 99
            touch "$STRATA_STORE/ingest/dead/holds"; mount --bind "$1" "$STRATA_STORE/ingest/dead/run.1/merged" || exit 99
            tar -cf "$2" -C "$1" . ; "$STRATA" import "$2" localhost/new:1 > /dev/null; echo $?
            "$STRATA" gc --min-age 0s 2>&1 > /dev/null | grep -c busy; "$STRATA" rmi localhost/a:1 > /dev/null; echo $?; cat "$1/precious"
            umount "$STRATA_STORE/ingest/dead/run.1/merged"; "$STRATA" tag localhost/new:1 localhost/new:2; "$STRATA" gc --min-age 0s > /dev/null; echo $?
            ' sh "$1" "$2"
            """, store.bench.folder.path("elsewhere"), image)
        try Skip.unless(outcome.status != 99, "nothing can be mounted here")
        #expect(outcome.lines == ["0", "1", "0", "x", "0"], "\(outcome.errors)")
        let told = outcome.errors.split(separator: "\n").filter { $0.contains("ingest/dead") && $0.contains(" busy") }
        #expect(told.count == 1, "once by the command that begins a session: \(outcome.errors)")
        #expect(store.bench.names("ingest") == [])
    }

    /// A cache on a faster disk, or a folder that somebody mounted to look into: removing the store's part is refused, and what is
    /// mounted is not emptied.
    @Test(
        .needsRoot,
        arguments: [
            ("containers/c0ffee/diff/data", "container prune -f"),
            ("containers/c0ffee/diff/data", "rm -f c0ffee"), ("cache/mounts/\(digest)", "builder prune -af"),
            ("cache/mounts/\(digest)/below", "builder prune -af"), ("trash/bin/layer-sha256-\(digest)", "gc --empty-trash"),
            ("layers/sha256-\(digest)/diff/data", "gc --min-age 0s"),
            ("ingest/\(session)/run.1", "gc --min-age 0s"),
        ])
    func whatIsMountedInTheStoreIsNotEmptied(place: String, command: String) throws {
        try addContainer("c0ffee", saying: "c0ffee")
        try store.write("trash/bin/repair.json", "{}")
        _ = try store.bench.file("in.tar", try ImageBuilder([BuiltStore.layer("d")], named: "localhost/d:1").layout().tar)
        let before = try contents()
        let outcome = try store.bench.shell(
            """
            exec unshare -m sh -c 'cd "$STRATA_STORE" && mkdir -p "$2" && mount --bind "$1" "$2" || exit 99
            "$STRATA" $3; echo "status $?"' sh "$1" "$2" "$3"
            """, precious, place, command)
        try Skip.unless(outcome.status != 99, "nothing can be mounted here")
        #expect(try contents() == before, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.lines.last == "status 3", "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains(" busy"), "\(outcome.errors)")
    }

    private static let session = "4a7fd49b-0000-4000-8000-000000000000"

    @Test func aPlanWithAPathIsABadPlan() throws {
        let plan = try store.bench.file(
            "plan.json",
            Data(
                """
                {"kind":"reclamation-plan","schemaVersion":1,"id":"deadbeef0000","generation":"","trashSeconds":0,"kept":[],
                 "victims":[{"type":"container","name":"../../precious","reason":"","freesBytes":0,"releases":[]}],
                 "totals":{"victims":1,"freesBytes":0}}
                """.utf8))
        let before = try contents()
        expectSentence(try store.bench.strata("apply", plan), naming: "../../precious", status: 2)
        #expect(try contents() == before)
    }
}
