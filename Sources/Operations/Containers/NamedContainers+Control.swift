package import ContainerRuntime
import ContentStorage
import OCISpec
import StorageIO
package import TextValues

/// What is done to one container, by its name.
extension NamedContainers {
    /// Starts a container in the background; one that runs is started.
    ///
    /// With a console this process stands for it, gives it its standard input where `takesInput`, and gets the status of its command; nil
    /// else.
    package func start(
        _ name: String, _ program: RuntimeProgram, on console: ContainerConsole?, takesInput: Bool
    ) throws -> Int32? {
        let item = try find(name)
        if item.container.settings.isMount { throw ContainerError.isMount(name) }
        // As with docker: one that runs is started.
        if item.status.isRunning { return nil }
        noteUse(of: item.container)
        if let console {
            return try ForegroundRun(item.folder, layersFolder: store.layers.shortNamesPath, program, isAttached: takesInput)
                .run(on: console)
        }
        do {
            try BackgroundKeeper.start(item.folder, nil, layersFolder: store.layers.shortNamesPath)
        } catch {
            // Somebody else has started it meanwhile.
            guard case .content(.containerInUse) = error, try item.folder.status().isRunning else { throw error }
        }
        return nil
    }

    /// Stops a container, see `RunningContainer.stop`.
    package func stop(_ name: String, signal: SignalName? = nil, seconds: Int?) throws {
        let item = try find(name)
        try RunningContainer(item.folder).stop(item.container, signal: signal, seconds: seconds)
    }

    /// Stops a container, and starts it again in the background; one that goes with its end stays.
    package func restart(_ name: String, seconds: Int?) throws {
        let item = try find(name)
        if item.container.settings.isRemovedAtEnd { try item.folder.noteRestart(true) }
        do { try RunningContainer(item.folder).stop(item.container, signal: nil, seconds: seconds) } catch {
            try item.folder.noteRestart(false)
            throw error
        }
        noteUse(of: item.container)
        try BackgroundKeeper.start(item.folder, nil, layersFolder: store.layers.shortNamesPath)
    }

    /// Sends a container a signal; SIGKILL has done its work on return.
    package func kill(_ name: String, _ signal: SignalName) throws {
        let running = RunningContainer(try find(name).folder)
        try running.send(signal)
        // What cannot be refused has happened when the command is done.
        if signal.isKill { running.waitForEnd(seconds: 10) }
    }

    /// Stops all processes of a container until they are let go on.
    package func pause(_ name: String) throws {
        let item = try find(name)
        if case .paused = item.status { throw ContainerError.isPaused(name) }
        guard item.status.isRunning else { throw RuntimeError.notRunning(id: name) }
        guard let freezer = Freezer(of: item.container.id) else { throw ContainerError.cannotPause(name) }
        try freezer.freeze()
    }

    /// Lets the processes of a paused container go on.
    package func unpause(_ name: String) throws {
        let item = try find(name)
        guard case .paused = item.status, let freezer = Freezer(of: item.container.id) else {
            throw ContainerError.notPaused(name)
        }
        try freezer.thaw()
    }

    /// Gives a container another name.
    package func rename(_ text: String, to name: String) throws {
        guard ContainerName.isValid(name) else { throw ContainerError.badName(name) }
        let lock = try store.containers.lockNames()
        defer { lock.release() }
        let item = try find(text)
        if let other = try all().first(where: { $0.container.name.isExactly(name) }) {
            throw ContainerError.nameTaken(name, by: other.container.id)
        }
        var record = item.container
        record.name = name
        try item.folder.write(record)
    }

    /// Removes a container with what it changed; when forced also one that runs, which is killed.
    ///
    /// False where there is none, which is no failure when forced.
    @discardableResult
    package func remove(_ name: String, isForced: Bool) throws -> Bool {
        let item: FoundContainer
        do {
            item = try find(name)
        } catch ContentError.containerAbsent where isForced {
            return false
        } catch let error as ContentError {
            guard case .containerDamaged = error, try removeDamaged(name, isForced: isForced) else { throw error }
            return true
        }
        if item.status == .mounted { throw ContainerError.isMount(name) }
        let lock = try lockForRemoval(item, name, isForced: isForced)
        defer { lock.release() }
        try remove(item.folder, item.container)
        return true
    }

    /// The lock of a container that does not run; one that runs, or is just being started, is killed where that is asked for.
    private func lockForRemoval(_ item: FoundContainer, _ name: String, isForced: Bool) throws -> FileLock {
        let end = Clock.monotonicSeconds + 15
        while true {
            if try item.folder.status().isRunning {
                guard isForced else { throw ContainerError.isRunning(name, verb: "remove") }
                try RunningContainer(item.folder).end()
            }
            do {
                return try item.folder.lock(patience: .milliseconds(500))
            } catch {
                guard isForced, case .containerInUse = error, Clock.monotonicSeconds < end else { throw error }
            }
        }
    }
}
