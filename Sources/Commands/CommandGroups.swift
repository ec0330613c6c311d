import ArgumentParser

/// `strata image …`: docker's other spelling of the same verbs.
struct ImageCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Manage images.",
        subcommands: [
            ImageLs.self, History.self, Inspect.self, MountCommand.self, UnmountCommand.self, PullCommand.self, PushCommand.self,
            Load.self, Save.self, Import.self,
            BuildCommand.self, Tag.self, ImagePrune.self, ImageRm.self,
            Pin.self,
            Unpin.self,
        ])
}

/// `strata builder …`.
struct BuilderCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builder", abstract: "Manage the build cache.", subcommands: [BuildCommand.self, BuilderPrune.self])
}

/// `strata container …`.
struct ContainerCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "Manage containers.",
        subcommands: [
            RunCommand.self, CreateCommand.self, StartCommand.self, ExecCommand.self, StopCommand.self, RestartCommand.self,
            KillCommand.self, PauseCommand.self, UnpauseCommand.self, WaitCommand.self, LogsCommand.self, PsCommand.self,
            PortCommand.self,
            RenameCommand.self, RmCommand.self, CommitCommand.self, CpCommand.self, ContainerDiffCommand.self,
            ContainerPrune.self,
        ])
}

/// `strata system …`.
struct SystemCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system", abstract: "Manage the store.",
        subcommands: [SystemDf.self, SystemPrune.self, InstallTimer.self])
}
