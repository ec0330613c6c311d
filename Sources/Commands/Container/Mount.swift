import ArgumentParser
import ContentStorage
import Foundation
import Operations

/// `strata mount IMAGE [DIR]`.
struct MountCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Mount an image read-only.",
        discussion: """
            Without a directory, the image is mounted in the store, and the path is printed; without an image, the \
            mounts are listed. A mounted image cannot be removed, and its layers are kept, until `strata unmount`.
            """)

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name in the store or a registry.")
    var image: String?

    @Argument(help: ArgumentHelp("Directory to mount at; it must exist.", valueName: "dir"))
    var target: String?

    func run() throws {
        guard let image else {
            let mounts = try Containers.open(globals).all().filter { $0.container.settings.isMount }
            return try Output.write(mounts.map { "\($0.container.imageName)\t\($0.mountPath)\n" }.joined())
        }
        let place = try target.map(AbsolutePath.cleaned)
        if let place {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory), isDirectory.boolValue else {
                throw ContainerError.noSuchMountSource(place)
            }
        }
        let mounted = try Workspace.run(globals, registry: registry) { workspace in
            try workspace.mount(image, at: place, globals.showing("pulling \(image)"))
        }
        try Output.write("\(mounted)\n")
    }
}
