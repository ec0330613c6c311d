package import ArgumentParser

/// The command line: one subcommand a verb, in docker's spelling where docker has a word for it.
package struct Strata: ParsableCommand {
    /// The verbs, grouped as the help lists them.
    package static let configuration = CommandConfiguration(
        commandName: "strata",
        abstract: "Show where the bytes of container images are, and which of them are wasted.",
        discussion: """
            Name an image as in the store (`busybox`, an ID), by a path, or with a transport: \
            `docker-archive:PATH[:REF]`, `oci-archive:PATH[:REF]`, `oci:DIR[:REF]`, `tarball:PATH`, `docker://REF`; `-` is standard input. \
            Images of other engines are read where they lie: `docker-daemon:REF`, `containers-storage:REF`, `containerd:NAMESPACE/REF`, \
            with `[ROOT]` before the name for another root.
            """,
        version: StrataVersion.line,
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    Scan.self, Analyze.self, Diff.self, Check.self, Trend.self, Report.self, Files.self, Images.self,
                    History.self,
                    Layers.self, Inspect.self, Explore.self, Df.self, Engines.self, Waste.self, Why.self, SQL.self,
                ]),
            CommandGroup(
                name: "Keeping",
                subcommands: [
                    PullCommand.self, PushCommand.self, Login.self, Logout.self, Load.self, Save.self, Import.self, Export.self,
                    BuildCommand.self,
                    CommitCommand.self, Optimize.self, Tag.self, Rmi.self, Pin.self, Unpin.self,
                    Fsck.self,
                ]),
            CommandGroup(
                name: "Running",
                subcommands: [
                    RunCommand.self, CreateCommand.self, StartCommand.self, ExecCommand.self, StopCommand.self,
                    RestartCommand.self, KillCommand.self, PauseCommand.self, UnpauseCommand.self, WaitCommand.self,
                    LogsCommand.self, PsCommand.self, PortCommand.self, RenameCommand.self, RmCommand.self, CpCommand.self,
                    MountCommand.self, UnmountCommand.self,
                ]),
            CommandGroup(name: "Reclaiming", subcommands: [Plan.self, Apply.self, UndoCommand.self, Gc.self]),
            CommandGroup(
                name: "Management",
                subcommands: [
                    ImageCommands.self, BuilderCommands.self, ContainerCommands.self, VolumeCommands.self, NetworkCommands.self,
                    SystemCommands.self, RegistryCommands.self,
                ]),
        ])

    /// The root command without a verb.
    package init() {}

    /// Runs one command line; everything it has to say is said when it returns.
    ///
    /// In a process of its own it takes care of signals, and goes to the user namespace that it needs.
    static func status(of arguments: [String], inOwnProcess: Bool = false) -> Int32 {
        do {
            var command = try parseAsRoot(YesOrNo.withoutValues(globalsBehindVerb(arguments)))
            if let command = command as? any ResultCommand { _ = try command.chosenFormat() }
            if inOwnProcess {
                try Process.makeRoomForFiles()
                if let command = command as? any StoreCommand { try command.enterUserNamespace(for: arguments) }
                // A thread of its own, after which there is no more namespace to go to.
                let reason = Process.watchSignals()
                if reason != 0 { throw CommandError.noThread(errno: reason) }
            }
            try command.run()
            return 0
        } catch is BadFinding {
            return 1
        } catch let end as CommandEnd {
            return end.status
        } catch {
            return tell(error, of: arguments)
        }
    }

    /// Tells why a command line failed, and returns its status.
    ///
    /// The status of `run` and `exec` is that of a command in a container, and docker's 125 tells a failure of this program from it,
    /// whatever went wrong before that command began. Help is 0, and what docker's daemon refuses, such as `exec` in a container
    /// that is paused, is 1.
    static func tell(_ error: any Error, of arguments: [String]) -> Int32 {
        let status = FailureReport(error, arguments: arguments).print()
        guard !(error is StatusOverride), status > 1 else { return status }
        let words = globalsBehindVerb(arguments)
        let verb = words.first == ContainerCommands._commandName ? words.dropFirst().first : words.first
        return verb == RunCommand._commandName || verb == ExecCommand._commandName ? 125 : status
    }
}
