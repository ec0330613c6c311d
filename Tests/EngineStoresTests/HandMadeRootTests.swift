import EngineStores
import Foundation
import Glibc
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Small roots made by hand: what is hostile or damaged in them is told and harms nothing.
@Suite struct HandMadeRootTests {
    private let scratch: TemporaryDirectory
    private let image = String(repeating: "1", count: 64)
    private let layer = String(repeating: "2", count: 64)

    init() throws {
        scratch = try TemporaryDirectory()
        try folder("image/overlay2/layerdb/sha256/\(layer)")
        try file("image/overlay2/repositories.json", #"{"Repositories":{"a":{"a:1":"sha256:\#(image)"}}}"#)
        try file("image/overlay2/imagedb/content/sha256/\(image)", #"{"rootfs":{"diff_ids":["sha256:\#(layer)"]}}"#)
        try file("image/overlay2/layerdb/sha256/\(layer)/cache-id", "folder")
        try file("overlay2/folder/link", "SHORT")
        try file("overlay2/folder/diff/file", String(repeating: "x", count: 10_000))
        try folder("overlay2/l")
        try FileManager.default.createSymbolicLink(atPath: path("overlay2/l/SHORT"), withDestinationPath: "../folder/diff")
    }

    private func path(_ name: String) -> String { scratch.path(name) }

    private func folder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ text: String) throws {
        try folder((name as NSString).deletingLastPathComponent)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    private func read() throws -> (EngineInventory, EngineDisk) {
        let root = try Directory.open(FilePath(scratch.path))
        let inventory = try DockerStore.inventory(of: root)
        return (inventory, try EngineDisk(root, inventory.places))
    }

    /// A plan that takes a name by a digest is one that can be applied.
    @Test func aNameByADigestIsWrittenAsTheEngineWritesIt() throws {
        let name = "b@sha256:\(layer)"
        try file(
            "image/overlay2/repositories.json",
            #"{"Repositories":{"a":{"a:1":"sha256:\#(image)"},"b":{"\#(name)":"sha256:\#(image)"}}}"#)
        let plan = path("plan.json")
        var program = Program.strata
        program.environment = ["STRATA_STORE": path("store")]
        let made = try program.run(["plan", "-a", "--engine", "docker=\(scratch.path)", "--filter", "ref=b", "-o", plan])
        #expect(made.status == 0, "\(made.errors)")
        let shown = try program.run(["apply", "--dry-run", "--verbose", plan])
        #expect(shown.status == 0 && shown.output.contains(name), "\(shown.output)\(shown.errors)")
    }

    @Test func aSoundRoot() throws {
        let (inventory, disk) = try read()
        #expect(inventory.images.map(\.names) == [["a:1"]] && inventory.images.map(\.layers) == [[layer]])
        #expect(inventory.layers[layer]?.holders == .image && inventory.leaks == [] && inventory.problems == [])
        #expect(disk.bytes(of: .imageLayers) >= 10_000 && disk.bytes(of: .unexplained) == 0)
        let only = inventory.images[0]
        let reach = EngineReach(inventory)
        let figures = reach.figures(of: only, on: disk)
        #expect(reach.freedBytes(byRemoving: [only], on: disk) == figures.freesBytes && figures.freesBytes == figures.diskBytes)
    }

    @Test(arguments: ["", "{", "[]", #"{"rootfs":{"diff_ids":["../../etc"]}}"#, #"{"rootfs":{"diff_ids":[7]}}"#])
    func anImageThatIsNotReadKeepsEverything(text: String) throws {
        try file("image/overlay2/imagedb/content/sha256/\(image)", text)
        let (inventory, disk) = try read()
        #expect(!inventory.isWhole && inventory.leaks == [])
        #expect(disk.bytes(of: .leaked) == 0 && disk.bytes(of: .unexplained) >= 10_000)
    }

    @Test(arguments: ["../../etc", "a/b", "", "..", String(repeating: "a", count: 5000)])
    func aFolderThatIsNoNameIsNotFollowed(text: String) throws {
        try file("image/overlay2/layerdb/sha256/\(layer)/cache-id", text)
        let (inventory, _) = try read()
        #expect(!inventory.isWhole && inventory.leaks == [] && inventory.layers[layer]?.folder == nil)
    }

    /// A copy of a folder that somebody made beside it says the same short name, which is needed still.
    @Test func aCopyOfAFolderTakesNoNameThatIsNeeded() throws {
        for name in ["aaa", "zzz"] {
            try file("overlay2/\(name)/link", "SHORT")
            try file("overlay2/\(name)/diff/file", "x")
        }
        // Of two that nobody needs one has the name, and it goes once.
        for name in ["one", "two"] { try file("overlay2/\(name)/link", "OTHER") }
        try FileManager.default.createSymbolicLink(atPath: path("overlay2/l/OTHER"), withDestinationPath: "../one/diff")
        let (inventory, _) = try read()
        #expect(
            inventory.leaks.map(\.path).sorted()
                == ["overlay2/aaa", "overlay2/l/OTHER", "overlay2/one", "overlay2/two", "overlay2/zzz"])
        #expect(inventory.layers[layer]?.holders == .image)
    }

    /// What a record does not say may be what its layer or container needs: nothing is a leak then.
    @Test func aRecordThatLacksItsFolderCallsNothingALeak() throws {
        try FileManager.default.removeItem(atPath: path("image/overlay2/layerdb/sha256/\(layer)/cache-id"))
        var inventory = try read().0
        #expect(!inventory.isWhole && inventory.leaks == [])
        try file("image/overlay2/layerdb/sha256/\(layer)/cache-id", "folder")
        try file("overlay2/own/diff/file", "x")
        for (state, isWhole) in [("", false), (#","State":{"Dead":true}"#, true)] {
            try file("containers/\(image)/config.v2.json", #"{"Name":"/c","Image":"sha256:\#(image)"\#(state)}"#)
            inventory = try read().0
            #expect(inventory.isWhole == isWhole && inventory.leaks.isEmpty == !isWhole, "\(inventory.problems)")
        }
    }

    /// An image that is mounted in a container has a mount of its own, called by the container's ID and more.
    @Test(arguments: [false, true]) func anImageThatIsMountedInAContainerIsUsed(inDigits: Bool) throws {
        let container = String(repeating: "c", count: 64)
        try file("containers/\(container)/config.v2.json", #"{"Name":"/c"}"#)
        try file("image/overlay2/layerdb/mounts/\(container)/mount-id", "own")
        let more = "\(container),src=a:1,dst=/x"
        let name = inDigits ? more.utf8.map { String($0, radix: 16) }.joined() : "\(container)-x"
        try file("image/overlay2/layerdb/mounts/\(name)/mount-id", "mounted")
        try file("image/overlay2/layerdb/mounts/\(name)/parent", "sha256:\(layer)")
        for folder in ["own", "mounted"] { try file("overlay2/\(folder)/diff/file", "x") }
        let inventory = try read().0
        #expect(inventory.leaks == [] && inventory.isWhole, "\(inventory.leaks) \(inventory.problems)")
        #expect(EngineReach(inventory).containers(of: inventory.images[0]).map(\.id.text) == [container])
    }

    @Test func layersInACircleHaveAnEnd() throws {
        let other = String(repeating: "3", count: 64)
        for (one, two) in [(layer, other), (other, layer)] {
            try file("image/overlay2/layerdb/sha256/\(one)/parent", "sha256:\(two)")
            try file("image/overlay2/layerdb/sha256/\(one)/cache-id", "folder")
        }
        let (inventory, _) = try read()
        #expect(inventory.layers[other]?.holders == .image)
    }

    @Test func symlinksLeadNowhere() throws {
        try FileManager.default.createSymbolicLink(atPath: path("containers"), withDestinationPath: "/etc")
        try FileManager.default.createSymbolicLink(atPath: path("volumes"), withDestinationPath: "/")
        let (inventory, disk) = try read()
        #expect(inventory.containers.isEmpty && inventory.volumes.isEmpty)
        let sum = DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) }
        #expect(sum == disk.totalBytes)
    }

    @Test func aDatabaseThatIsNoneCallsNothingALeak() throws {
        try file("buildkit/snapshots.db", "nonsense")
        try folder("overlay2/kept/diff")
        let (inventory, disk) = try read()
        #expect(inventory.problems.map(\.path) == ["buildkit/snapshots.db"] && inventory.leaks == [])
        #expect(disk.bytes(of: .leaked) == 0)
    }

    @Test func whatIsNoRootIsRefused() throws {
        let other = try TemporaryDirectory()
        let root = try Directory.open(FilePath(other.path))
        #expect(throws: EngineStoreError.notAStore(.docker, path: other.path, missing: "image/overlay2/layerdb")) {
            try DockerStore.inventory(of: root)
        }
        #expect(throws: EngineStoreError.notAStore(.podman, path: other.path, missing: "overlay-layers")) {
            try ContainersStore.inventory(of: root)
        }
        try FileManager.default.createDirectory(atPath: other.path("image/btrfs"), withIntermediateDirectories: true)
        #expect(throws: EngineStoreError.unknownDriver(.docker, path: other.path, driver: "btrfs")) {
            try DockerStore.inventory(of: root)
        }
    }

    /// A tree by chance with claims by chance: each inode goes by the nearest claim above it.
    @Test(arguments: 0..<20) func everyInodeHasTheClassOfTheNearestClaim(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let tree = try TemporaryDirectory()
        var folders = [""]
        var all: [String] = [""]
        for number in 0..<60 {
            let above = numbers.one(of: folders)
            let name = above.isEmpty ? "n\(number)" : "\(above)/n\(number)"
            all.append(name)
            if numbers.chance(50) {
                try FileManager.default.createDirectory(atPath: tree.path(name), withIntermediateDirectories: true)
                folders.append(name)
            } else {
                try Data(count: numbers.number(0...30_000)).write(to: URL(fileURLWithPath: tree.path(name)))
            }
        }
        var claims: [String: (own: DiskClass, below: DiskClass)] = [:]
        for name in numbers.some(of: all, percent: 30) {
            claims[name] = (numbers.one(of: DiskClass.allCases), numbers.one(of: DiskClass.allCases))
        }
        var places = PlaceTree()
        for (name, claim) in claims { places.claim(name, claim.own, below: claim.below) }
        var wanted: [DiskClass: Int64] = [:]
        for name in all {
            var parts = name.split(separator: "/").map(String.init)
            var kind = claims[name]?.own
            while kind == nil, !parts.isEmpty {
                parts.removeLast()
                kind = claims[parts.joined(separator: "/")]?.below
            }
            var raw = stat()
            lstat(tree.path(name), &raw)
            wanted[kind ?? .unexplained, default: 0] += Int64(raw.st_blocks) * 512
        }
        let disk = try EngineDisk(try Directory.open(FilePath(tree.path)), places)
        for kind in DiskClass.allCases { #expect(disk.bytes(of: kind) == wanted[kind] ?? 0) }
    }
}
