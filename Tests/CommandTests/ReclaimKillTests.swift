import Foundation
import StorageIO
import TestSupport
import Testing

/// The program is killed at every step of a prune, of one into the trash, of an undo, a plan and a gc: the store stays sound,
/// and the command said again ends as if nothing had happened.
struct ReclaimKillTests {
    /// What is killed, and what is done before and after.
    enum Scene: String, CaseIterable, CustomTestStringConvertible {
        case prune, trash, apply, undo, gc, plan, tag

        var testDescription: String { rawValue }
    }

    private static let places: [(Scene, String)] = Scene.allCases.flatMap { scene in
        Failpoint.allCases.filter { isMet($0, in: scene) }.flatMap { point in
            // A later victim is another state than the first.
            let many = point.rawValue.hasSuffix("-move") || point.rawValue == "release.after-remove"
            return (many ? ["", ":3"] : [""]).map { (scene, point.rawValue + $0) }
        }
    }

    private static func isMet(_ point: Failpoint, in scene: Scene) -> Bool {
        let name = point.rawValue
        let isOfTrash = name.hasSuffix("complete")
        let isOfEmptying = name == "release.before-remove" || name == "release.after-remove"
        let isOfIndex = name.hasPrefix("index.")
        let isOfRelease = name.hasPrefix("release.") && !isOfTrash
        switch scene {
        case .prune, .apply: return isOfRelease || isOfIndex
        case .trash: return (isOfRelease && !isOfEmptying) || isOfTrash || isOfIndex
        case .gc: return isOfRelease
        case .undo: return name.hasPrefix("undo.") || isOfIndex || name == "release.before-remove"
        case .plan: return name.hasPrefix("plan.")
        case .tag: return isOfIndex
        }
    }

    /// The store before the command, and the command.
    private func prepare(_ scene: Scene) throws -> (ReclaimBench, [String]) {
        let store = try ReclaimBench.withThreeImages()
        switch scene {
        case .prune: return (store, ["image", "prune", "-a", "-f", "--filter", "ref=localhost/a"])
        case .trash: return (store, ["image", "prune", "-a", "-f", "--trash", "1h", "--filter", "ref=localhost/a"])
        case .apply:
            let plan = store.bench.folder.path("plan.json")
            try store.bench.succeed("plan", "-a", "--filter", "ref=localhost/a", "-o", plan)
            return (store, ["apply", plan])
        case .undo:
            let outcome = try object(
                try store.bench.succeed("image", "prune", "-a", "-f", "--trash", "1h", "--format", "json"))
            return (store, ["undo", try #require(outcome["planID"] as? String)])
        case .gc:
            for text in ["one", "two", "three", "four"] { try store.orphan(text) }
            return (store, ["gc", "--min-age", "0s"])
        case .plan: return (store, ["plan", "-a"])
        case .tag: return (store, ["tag", "localhost/a:1", "localhost/t:1"])
        }
    }

    /// What counts of a store in the end: its names, and its blobs.
    private func state(_ store: ReclaimBench) throws -> [String] {
        try store.bench.imageNames().sorted() + store.bench.names("blobs/sha256")
    }

    @Test(arguments: Scene.allCases) func aKillAnywhereLosesNothingAndIsMadeGood(scene: Scene) throws {
        let (reference, command) = try prepare(scene)
        try expectSuccess(try reference.bench.program.run(command), "\(scene)")
        let expected = try state(reference)
        for (_, place) in Self.places.filter({ $0.0 == scene }) {
            let (store, command) = try prepare(scene)
            let before = try state(store)
            let killed = try store.bench.program.run(command, environment: ["STRATA_FAILPOINT": place])
            #expect(killed.isKilled, "\(scene) never comes by \(place): \(killed.status) \(killed.errors)")
            try store.expectSound("\(scene) killed at \(place)")
            let names = Set(try store.bench.imageNames())
            #expect(names.isSubset(of: Set(before + expected)), "\(scene) killed at \(place)")
            let again = try store.bench.program.run(command)
            // An undo that was killed after its last step has nothing left to do, and says so.
            if scene != .undo { try expectSuccess(again, "\(scene) again after \(place)") }
            // What a killed gc left as orphans goes with the next, whatever command released it.
            if scene != .plan, scene != .undo, scene != .trash { try store.bench.succeed("gc") }
            #expect(try state(store) == expected, "\(scene) again after \(place)")
            if scene != .trash { #expect(store.bench.names("trash") == [], "\(scene) again after \(place)") }
            try store.expectSound("\(scene) again after \(place)")
        }
    }

    @Test(arguments: ["ENOSPC", "EIO"], [Scene.prune, .trash, .undo, .gc, .plan])
    func aForcedErrorIsToldAndLosesNothing(reason: String, scene: Scene) throws {
        for (_, place) in Self.places.filter({ $0.0 == scene }) {
            let (store, command) = try prepare(scene)
            let failed = try store.bench.program.run(command, environment: ["STRATA_FAILPOINT": "\(place)=\(reason)"])
            #expect(failed.status == 3 || failed.status == 0, "\(scene) at \(place): \(failed.status)")
            if failed.status == 3 { #expect(failed.errors.hasPrefix("strata: "), "\(failed.errors)") }
            try store.expectSound("\(scene) failed at \(place)")
        }
    }

    /// A full disk is why people prune: what must be written first goes where the reserve was.
    @Test(arguments: ["release.before-write", "release.after-write", "index.before-write", "index.after-write"])
    func aPruneOnAFullDiskFreesAllTheSame(place: String) throws {
        let (store, command) = try prepare(.prune)
        #expect(store.bench.names("locks").contains("reserve"))
        let outcome = try store.bench.program.run(command, environment: ["STRATA_FAILPOINT": "\(place):1=ENOSPC"])
        try expectSuccess(outcome, place)
        #expect(try store.bench.imageNames() == ["localhost/b:1"])
        try store.expectSound(place)
        #expect(store.bench.names("locks").contains("reserve"))
    }

    @Test func aPruneOnADiskThatIsReallyFullFrees() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            """
            mkdir "$1/disk" && mount -t tmpfs -o size=6m tmpfs "$1/disk" 2>/dev/null || exit 77
            trap 'umount "$1/disk"' EXIT
            export STRATA_STORE="$1/disk/store"
            "$STRATA" load -q -i fixtures/app-docker.tar || exit 1
            dd if=/dev/zero of="$1/disk/fill" bs=4k 2>/dev/null
            "$STRATA" image prune -a -f && [ -z "$("$STRATA" images -q)" ] && "$STRATA" fsck
            """, bench.folder.path)
        try Skip.unless(outcome.status != 77, "a file system can be mounted by root only")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("Total reclaimed space: 2."))
    }

    /// Each of these makes files before it removes any.
    @Test(arguments: ["rmi localhost/strata/app:1", "image prune -a -f", "gc --min-age 0s", "image prune -a -f --trash 1h"])
    func whatRemovesNeedsNoFreeInode(command: String) throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            """
            mkdir "$1/disk" && mount -t tmpfs -o size=16m,nr_inodes=150 tmpfs "$1/disk" 2>/dev/null || exit 77
            trap 'umount "$1/disk"' EXIT
            export STRATA_STORE="$1/disk/store"
            "$STRATA" load -q -i fixtures/app-docker.tar || exit 1
            if [ "${2%% *}" = gc ]; then head -c 5000 /dev/zero > "$STRATA_STORE/blobs/sha256/$(head -c 5000 /dev/zero | sha256sum | cut -c 1-64)"; fi
            i=0; while touch "$1/disk/fill$i" 2>/dev/null; do i=$((i + 1)); done
            [ "$(stat -f -c %d "$1/disk")" = 0 ] || exit 2
            "$STRATA" $2 && "$STRATA" fsck && ls "$STRATA_STORE/blobs/sha256" | wc -l
            """, bench.folder.path, command)
        try Skip.unless(outcome.status != 77, "a file system can be mounted by root only")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.lines.last == (command.hasPrefix("gc") ? "9" : "0"), "\(outcome.output)")
    }

    @Test func theReserveOfInodesIsTakenAgainOnceThereAreSome() throws {
        let (store, _) = try prepare(.prune)
        let spares = store.bench.names("locks").filter { $0.hasPrefix("spare.") }
        #expect(spares.count == 16)
        for name in spares.dropFirst(3) { unlink("\(store.bench.store)/locks/\(name)") }
        try store.bench.succeed("tag", "localhost/a:1", "localhost/again:1")
        #expect(store.bench.names("locks").filter { $0.hasPrefix("spare.") } == spares)
        #expect(store.bench.problems == [])
    }

    private func expectSuccess(_ outcome: Program.Outcome, _ comment: String) throws {
        #expect(outcome.status == 0, "\(comment): \(outcome.errors)")
    }
}
