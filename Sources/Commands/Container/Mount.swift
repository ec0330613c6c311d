import ArgumentParser
import ContainerRuntime
import ContentStorage
import Foundation
import Glibc
import OCISpec
import StorageIO

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
            let mounts = try Containers.shelf(globals).all().filter { $0.container.settings.isMount }
            return try Output.write(mounts.map { "\($0.container.imageName)\t\($0.mountPath)\n" }.joined())
        }
        guard geteuid() == 0 else { throw RuntimeError.notPermitted(detail: "mounting an image for all to see needs root") }
        let place = try target.map(AbsolutePath.cleaned)
        if let place {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory), isDirectory.boolValue else {
                throw ContainerError.noSuchMountSource(place)
            }
        }
        let made = try Containers.make(image, try ContainerOptions.parse([]), ["/"], registry, globals) { settings in
            settings.isMount = true
            settings.mountPoint = place
        }
        do {
            try made.folder.mountReadOnly(layersFolder: made.layersFolder)
            if let place { try made.folder.bind(to: place) }
        } catch {
            try made.folder.unmount(from: nil)
            try made.folder.remove()
            throw error
        }
        try Output.write("\(place ?? "\(made.folder.path)/\(ContainerFolder.mergedName)")\n")
    }
}

/// `strata unmount IMAGE-OR-DIR…`.
struct UnmountCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "unmount", abstract: "Unmount images.", aliases: ["umount"])

    @OptionGroup var globals: GlobalOptions

    @Argument(help: ArgumentHelp("Images, or the directories that they are mounted at.", valueName: "mount"))
    var mounts: [String]

    func run() throws {
        try Containers.each(mounts, globals) { text, shelf in
            let path = try AbsolutePath.cleaned(text)
            let (items, damaged) = try shelf.scan()
            let found = items.filter { item in
                item.container.settings.isMount
                    && (item.container.imageName.isExactly(text) || item.mountPath.isExactly(path)
                        || item.container.id.hasPrefix(text))
            }
            guard !found.isEmpty, !text.isEmpty else {
                throw damaged.isEmpty
                    ? ContainerError.notMounted(text) : ContainerError.notFound(text, damaged: damaged.map(\.id))
            }
            for item in found {
                try item.folder.unmount(from: item.container.settings.mountPoint)
                let lock = try item.folder.lock()
                defer { lock.release() }
                try shelf.remove(item.folder, item.container)
                try Output.write("\(item.mountPath)\n")
            }
        }
    }
}

extension ContainerShelf.Item {
    /// Where an image is mounted.
    fileprivate var mountPath: String {
        container.settings.mountPoint ?? "\(folder.path)/\(ContainerFolder.mergedName)"
    }
}
