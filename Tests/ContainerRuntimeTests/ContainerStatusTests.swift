import ContainerRuntime
import ContentStorage
import OCISpec
import Testing

/// What a container does, by its last run, its lock and its freezer.
@Suite struct ContainerStatusTests {
    private static let began = Timestamp(seconds: 1_700_000_000)
    private static let ended = Timestamp(seconds: 1_700_000_060)

    private func run(_ change: (inout ContainerRun) -> Void = { _ in }) -> ContainerRun {
        var run = ContainerRun(began: Self.began)
        change(&run)
        return run
    }

    @Test func withoutARunItWasOnlyCreated() {
        #expect(ContainerStatus(nil, isLocked: false, isFrozen: false) == .created)
        // Who copies something out of it has the lock as well.
        #expect(ContainerStatus(nil, isLocked: true, isFrozen: false) == .created)
    }

    @Test func aRunWithoutAnEndIsRunningAsLongAsTheFolderIsLocked() {
        #expect(ContainerStatus(run(), isLocked: true, isFrozen: false) == .running(since: Self.began))
        #expect(ContainerStatus(run(), isLocked: true, isFrozen: true) == .paused(since: Self.began))
        #expect(ContainerStatus(run(), isLocked: false, isFrozen: false) == .lost(hasMachineRestarted: false))
        #expect(
            ContainerStatus(run { $0.boot = "another" }, isLocked: false, isFrozen: false) == .lost(hasMachineRestarted: true))
    }

    @Test func anEndCountsWhoeverHasTheLock() {
        let done = run {
            $0.ended = Self.ended
            $0.exitStatus = 3
        }
        for isLocked in [true, false] {
            #expect(ContainerStatus(done, isLocked: isLocked, isFrozen: false) == .exited(3, at: Self.ended))
        }
    }

    @Test func aLossThatSomebodyFoundStaysOne() {
        #expect(ContainerStatus(run { $0.isLost = true }, isLocked: true, isFrozen: false) == .lost(hasMachineRestarted: false))
    }

    @Test func whatCouldNotBeStartedWasOnlyCreated() {
        #expect(ContainerStatus(run { $0.problem = "no" }, isLocked: false, isFrozen: false) == .created)
    }

    @Test func killedIs137() {
        #expect(ContainerStatus.lost(hasMachineRestarted: false).exitStatus == 137)
        #expect(ContainerStatus.exited(0, at: Self.ended).exitStatus == 0)
        #expect(ContainerStatus.running(since: Self.began).exitStatus == nil)
        #expect(ContainerStatus.paused(since: Self.began).isRunning && !ContainerStatus.mounted.isRunning)
        #expect(ContainerStatus.lost(hasMachineRestarted: true).word == "exited")
    }
}
