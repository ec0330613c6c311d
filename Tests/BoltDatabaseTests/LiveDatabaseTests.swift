import BoltDatabase
import Foundation
import Glibc
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A database that its engine has open and locked, and writes to.
@Suite(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) struct LiveDatabaseTests {
    @Test func everyLookIsOneOfTheStatesThatWere() throws {
        let engine = try LiveContainerd()
        let folder = try Directory.open(FilePath(engine.folder + "/root/io.containerd.metadata.v1.bolt"))
        let wanted = 60
        let isOver = Atomic(false)
        let place = engine.folder
        let writer = Thread {
            for number in 0..<wanted {
                do {
                    // On a machine that has other things to do the client may give up on an answer; what it asked for is done all the same.
                    _ = try ContainerdClient(folder: place).run(["namespaces", "create", "n\(number)", "a=\(number)"])
                } catch {
                    Issue.record(error)
                }
            }
            isOver.store(true, ordering: .sequentiallyConsistent)
        }
        writer.start()
        var last = 0
        var transaction: UInt64 = 0
        while last < wanted {
            let wasOver = isOver.load(ordering: .sequentiallyConsistent)
            // A processor that only looks is one that the engine lacks: its client gives up on answers that come after a second.
            usleep(1000)
            let snapshot: BoltSnapshot
            do {
                guard let read = try BoltSnapshot.read("meta.db", in: folder) else { continue }
                snapshot = read
            } catch {
                guard case .busy = error else { throw error }
                // On a machine that has other things to do the writer may always be quicker; then nothing is said, which is right.
                continue
            }
            let spaces = snapshot.root.bucket("v1")?.buckets ?? []
            let names = spaces.map { String(decoding: $0.key, as: UTF8.self) }.filter { $0.hasPrefix("n") }
            // They were made one after another, so each state has the first so many of them, and no state comes before an earlier one.
            #expect(Set(names) == Set((0..<names.count).map { "n\($0)" }))
            #expect(names.count >= last && snapshot.transaction >= transaction)
            for (key, space) in spaces where key.first == UInt8(ascii: "n") {
                #expect(space.bucket("labels")?.value("a").map(Array.init) == Array(key.dropFirst()))
            }
            (last, transaction) = (names.count, snapshot.transaction)
            if wasOver { break }
        }
        #expect(last == wanted)
        withExtendedLifetime(engine) {}
    }
}
