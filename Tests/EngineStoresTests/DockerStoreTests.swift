import EngineStores
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A data-root that a real Docker made, beside what the client and du say of it.
@Suite(.serialized, .needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) struct DockerStoreTests {
    private func make(_ docker: LiveDocker) throws {
        try Data(try busyboxTar()).write(to: URL(fileURLWithPath: docker.folder + "/bb.tar"))
        try docker("import", docker.folder + "/bb.tar", "bb:1")
        try docker("tag", "bb:1", "other/name:2")
        let context = docker.folder + "/context"
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        let steps = "FROM bb:1\nRUN echo one > /one\nRUN echo two > /two\nLABEL a=b\n"
        try Data(steps.utf8).write(to: URL(fileURLWithPath: context + "/Dockerfile"))
        try docker("build", "--network", "none", "-t", "classic:1", context, environment: ["DOCKER_BUILDKIT": "0"])
        let other = "FROM bb:1\nRUN echo three > /three\nRUN echo four > /four\n"
        try Data(other.utf8).write(to: URL(fileURLWithPath: context + "/Dockerfile"))
        try docker("build", "--network", "none", "-t", "kit:1", context, environment: ["DOCKER_BUILDKIT": "1"])
        try docker("build", "--network", "none", "-t", "gone:1", context, environment: ["DOCKER_BUILDKIT": "1"])
        try docker(
            "run", "-d", "--network", "none", "--name", "running", "-v", "data:/v", "bb:1", "sh", "-c",
            "echo said; echo kept > /v/f; sleep 1000")
        try docker("run", "-d", "--network", "none", "--name", "paused", "classic:1", "sleep", "1000")
        try docker("pause", "paused")
        try docker("create", "--network", "none", "--name", "created", "kit:1", "true")
    }

    private func read(_ docker: LiveDocker) throws -> (EngineInventory, EngineDisk) {
        let root = try Directory.open(FilePath(docker.root))
        let inventory = try DockerStore.inventory(of: root)
        return (inventory, try EngineDisk(root, inventory.places))
    }

    /// The folders of overlay2 that the daemon says an image or container has.
    private func folders(_ docker: LiveDocker, _ ids: [String]) throws -> Set<String> {
        var found: Set<String> = []
        for id in Set(ids) {
            let format = "{{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}"
            for path in try docker("inspect", "-f", format, id).joined(separator: ":").split(separator: ":") {
                let parts = path.split(separator: "/")
                if let place = parts.lastIndex(of: "overlay2"), place + 1 < parts.count { found.insert(String(parts[place + 1])) }
            }
        }
        return found
    }

    /// Bytes of folders of overlay2 with their short names.
    private func bytes(_ docker: LiveDocker, _ folders: Set<String>) throws -> Int64 {
        try folders.reduce(0) { sum, name in
            let folder = docker.root + "/overlay2/" + name
            let link = try String(contentsOfFile: folder + "/link", encoding: .utf8)
            return try sum + du(folder) + du(docker.root + "/overlay2/l/" + link)
        }
    }

    @Test func aRootInAllItsParts() throws {
        let docker = try LiveDocker()
        try make(docker)
        let (inventory, disk) = try read(docker)
        #expect(inventory.isSettled && inventory.problems == [])

        // Every inode once: the sum is du's.
        #expect(try disk.totalBytes == du(docker.root))
        #expect(DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) } == disk.totalBytes)
        #expect(disk.bytes(of: .unexplained) == 0 && disk.bytes(of: .leaked) == 0)

        // Images and their names are those of the client.
        let listed = Set(try docker("images", "-a", "--no-trunc", "-q"))
        #expect(Set(inventory.images.map { $0.id.description }) == listed)
        let bb = try #require(inventory.images.first { $0.names.contains("bb:1") })
        #expect(bb.names == ["bb:1", "other/name:2"])
        let classic = try #require(inventory.images.first { $0.names.contains("classic:1") })
        #expect(classic.labels == ["a": "b"] && classic.layers.count == 3 && classic.layers.first == bb.layers.first)
        #expect(Set(inventory.containers.map(\.name)) == ["running", "paused", "created"])
        #expect(Set(inventory.containers.filter { $0.isRunning == true }.map(\.name)) == ["running", "paused"])
        #expect(inventory.volumes.map(\.text) == ["data"])

        // The lines, by what the daemon says has which folder.
        let ofImages = try folders(docker, Array(listed))
        #expect(try disk.bytes(of: .imageLayers) == bytes(docker, ofImages))
        let ids = try docker("ps", "-aq", "--no-trunc")
        let ofContainers = try folders(docker, ids).subtracting(ofImages)
        let logs = try ids.reduce(0) { try $0 + du("\(docker.root)/containers/\($1)/\($1)-json.log") }
        let own = try du(docker.root + "/containers") + du(docker.root + "/image/overlay2/layerdb/mounts") - logs
        #expect(try disk.bytes(of: .containerLayers) == bytes(docker, ofContainers) + own)
        #expect(disk.bytes(of: .containerLogs) == logs)
        #expect(try disk.bytes(of: .volumes) == du(docker.root + "/volumes"))
        let all = Set(try FileManager.default.contentsOfDirectory(atPath: docker.root + "/overlay2")).subtracting(["l"])
            .filter { FileManager.default.fileExists(atPath: docker.root + "/overlay2/\($0)/link") }
        let ofBuilds = all.subtracting(ofImages).subtracting(ofContainers)
        #expect(try disk.bytes(of: .buildCache) == bytes(docker, ofBuilds) + du(docker.root + "/buildkit"))
        let records = try docker("system", "df", "-v", "--format", "{{range .BuildCache}}{{.ID}}\n{{end}}").filter { !$0.isEmpty }
        #expect(!ofBuilds.isEmpty && Set(inventory.buildRecords.map(\.id)) == Set(records))
    }

    @Test func whatNobodyNamesIsFound() throws {
        let docker = try LiveDocker()
        try make(docker)
        let (_, before) = try read(docker)
        let files = FileManager.default
        try files.createDirectory(atPath: docker.root + "/overlay2/stray/diff", withIntermediateDirectories: true)
        try Data(count: 100_000).write(to: URL(fileURLWithPath: docker.root + "/overlay2/stray/diff/file"))
        try files.createSymbolicLink(atPath: docker.root + "/overlay2/l/STRAY", withDestinationPath: "../nothing/diff")
        try files.createDirectory(
            atPath: docker.root + "/image/overlay2/layerdb/mounts/\(String(repeating: "a", count: 64))",
            withIntermediateDirectories: true)
        try Data(count: 5000).write(to: URL(fileURLWithPath: docker.root + "/unknown"))
        try Data(count: 5000).write(to: URL(fileURLWithPath: docker.root + "/tmp/import"))
        let (inventory, disk) = try read(docker)
        #expect(try disk.totalBytes == du(docker.root))
        #expect(Set(inventory.leaks.map(\.reason)) == [.folderOfNobody, .nameOfNothing, .mountOfNobody])
        let said = Dictionary(uniqueKeysWithValues: inventory.leaks.enumerated().map { ($1.path, disk.bytes(of: .leak($0))) })
        #expect(try said["overlay2/stray"] == du(docker.root + "/overlay2/stray"))
        #expect(said.values.reduce(0, +) == disk.bytes(of: .leaked))
        #expect(try disk.bytes(of: .unexplained) == du(docker.root + "/unknown"))
        #expect(try disk.bytes(of: .temporary) == du(docker.root + "/tmp/import"))
        #expect(disk.bytes(of: .imageLayers) == before.bytes(of: .imageLayers))
        #expect(disk.bytes(of: .buildCache) == before.bytes(of: .buildCache))
    }

    @Test func removingFreesWhatIsSaid() throws {
        let docker = try LiveDocker()
        try make(docker)
        try docker("rm", "-f", "created")
        let (inventory, disk) = try read(docker)
        for name in ["classic:1", "kit:1"] {
            let image = try #require(inventory.images.first { $0.names.contains(name) })
            if name == "classic:1" { try docker("rm", "-f", "paused") }
            let (now, nowDisk) = try read(docker)
            let said = EngineReach(now).freedBytes(byRemoving: [image], on: nowDisk)
            let before = nowDisk.bytes(of: .imageLayers) + nowDisk.bytes(of: .imageMetadata)
            if name == "kit:1" {
                #expect(EngineReach(now).figures(of: image, on: nowDisk).buildCacheHoldsBytes > 0)
            }
            try docker("rmi", "--no-prune", image.id.description, "--force")
            let (_, after) = try read(docker)
            // What the build cache keeps changes its class and stays.
            let moved = after.bytes(of: .buildCache) - nowDisk.bytes(of: .buildCache)
            let freed = before - after.bytes(of: .imageLayers) - after.bytes(of: .imageMetadata) - moved
            #expect(abs(freed - said) < 4096 * 2, "\(name): \(said) said, \(freed) freed")
        }
        withExtendedLifetime(disk) {}
    }

    @Test func lookingIsNoUse() throws {
        let docker = try LiveDocker()
        try make(docker)
        func times() throws -> [String: Int64] {
            let short = try Directory.open(FilePath(docker.root + "/overlay2/l"))
            var found: [String: Int64] = [:]
            for name in try short.names() { found[name] = try short.accessSeconds(name) }
            return found
        }
        // Old enough that a read would move them.
        var old = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
        for name in try times().keys {
            utimensat(AT_FDCWD, docker.root + "/overlay2/l/" + name, &old, AT_SYMLINK_NOFOLLOW)
        }
        let (inventory, _) = try read(docker)
        #expect(try Set(times().values) == [1_000_000])
        let bb = try #require(inventory.images.first { $0.names.contains("bb:1") })
        #expect(bb.lastUse?.evidence == .container)
        try docker("create", "--network", "none", "--name", "again", "classic:1", "true")
        let (after, _) = try read(docker)
        let classic = try #require(after.images.first { $0.names.contains("classic:1") })
        #expect((classic.lastUse?.seconds ?? 0) > 1_000_000)
    }

    /// Images, containers and builds come and go while the root is read: each look is whole, and none calls a leak what is none.
    @Test func readingBesideABusyDaemon() throws {
        let docker = try LiveDocker()
        try make(docker)
        let done = Flag()
        let client = docker.client
        let writer = Thread {
            do {
                for number in 0..<12 {
                    try client(["tag", "bb:1", "new:\(number)"])
                    try client(["run", "--rm", "--network", "none", "bb:1", "true"])
                    try client(["rmi", "new:\(number)"])
                }
            } catch { Issue.record(error) }
            done.isSet = true
        }
        writer.start()
        var looks = 0
        while !done.isSet || looks == 0 {
            let (inventory, disk) = try read(docker)
            #expect(inventory.images.contains { $0.names.contains("bb:1") })
            #expect(DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) } == disk.totalBytes)
            #expect(inventory.problems == [])
            looks += 1
        }
        let (inventory, disk) = try read(docker)
        #expect(inventory.leaks == [] && inventory.isSettled)
        #expect(try disk.totalBytes == du(docker.root))
    }
}

/// Something that one thread says and another one asks.
final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}
