package import ContainerRuntime
package import ContentStorage
import Glibc
package import TextValues

/// A container that runs, or did so a moment ago.
package struct RunningContainer: Sendable {
    private let folder: ContainerFolder

    /// The container in this folder.
    package init(_ folder: ContainerFolder) { self.folder = folder }

    /// Sends `signal`, or else the container's own stop signal, and SIGKILL where that is not enough; one that does not run is stopped.
    ///
    /// Without `seconds` it is the container's own patience, else 10; as with docker, less than 0 have no end.
    package func stop(_ container: Container, signal: SignalName?, seconds: Int?) throws {
        let seconds = seconds ?? container.settings.stopSeconds ?? 10
        guard try folder.status().isRunning else { return }
        let name = signal ?? SignalName(container.stopSignal) ?? .terminate
        do {
            try sendIfRunning(name)
            Freezer.release(folder.name)
            if waitForEnd(seconds: seconds < 0 ? .max : seconds) { return }
        } catch {
            // What cannot be asked to stop is killed.
            guard case .signalFailed = error else { throw error }
        }
        try end()
    }

    /// Kills it, and returns when all of it has gone.
    package func end() throws {
        let end = Clock.monotonicSeconds + 30
        while Clock.monotonicSeconds < end {
            var isSent = true
            do throws(RuntimeError) { try sendIfRunning(.kill) } catch { isSent = false }
            if isSent, waitForEnd(seconds: 2) { return }
            // The runtime did not do it, or is in a user namespace that this process cannot enter from its own: the first process
            // of the namespaces takes all others with it. One that is just being started has none yet.
            if try folder.isLocked(), let process = folder.bundle.runtimeProcess { Glibc.kill(process, SIGKILL) }
            Freezer.release(folder.name)
        }
        if !waitForEnd(seconds: 0) { throw ContentError.containerInUse(id: folder.name) }
    }

    private func sendIfRunning(_ signal: SignalName) throws(RuntimeError) {
        do {
            try send(signal)
        } catch {
            guard case .notRunning = error else { throw error }
        }
    }

    /// Sends a signal to its first process; one that is paused gets it later, but for SIGKILL.
    package func send(_ signal: SignalName) throws(RuntimeError) {
        try folder.send(signal.text)
        if signal.isKill { Freezer.release(folder.name) }
    }

    /// Waits until all of it has gone; false where it has not by then.
    @discardableResult
    package func waitForEnd(seconds: Int) -> Bool {
        let end = Clock.monotonicSeconds + Double(min(seconds, 1 << 40))
        while true {
            // A folder that is not there any more has gone with its end; whoever acts next meets any other failure again.
            do throws(ContentError) { if try !folder.isLocked() { return true } } catch { return true }
            if Clock.monotonicSeconds >= end { return false }
            usleep(5000)
        }
    }
}

extension SignalName {
    /// Whether it is the one that nothing refuses.
    var isKill: Bool { self == .kill }
}
