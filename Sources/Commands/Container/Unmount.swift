import ArgumentParser
import Operations

/// `strata unmount IMAGE-OR-DIR…`.
struct UnmountCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "unmount", abstract: "Unmount images.", aliases: ["umount"])

    @OptionGroup var globals: GlobalOptions

    @Argument(help: ArgumentHelp("Images, or the directories that they are mounted at.", valueName: "mount"))
    var mounts: [String]

    func run() throws {
        try Containers.each(mounts, globals) { text, containers in
            try containers.unmount(text, path: try AbsolutePath.cleaned(text)) { try Output.write("\($0)\n") }
        }
    }
}
