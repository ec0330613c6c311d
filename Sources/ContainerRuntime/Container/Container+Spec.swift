package import ContentStorage
package import OCISpec
import TextValues

extension Container {
    /// A process of the container: with its user, its limits and no more privileges than it has.
    ///
    /// With `isPrivileged` it has every capability. `size` is that of its terminal, where it has one.
    package func process(
        _ words: [String], isPrivileged: Bool = false, size: (rows: UInt16, columns: UInt16)
    ) -> RuntimeSpec.Process {
        let everything = isPrivileged ? RuntimeSpec.capabilities(adding: ["ALL"], dropping: []) : nil
        var process = RuntimeSpec.Process(
            args: words, env: environment, cwd: workingDirectory, uid: user.uid, gid: user.gid, groups: user.groups,
            capabilities: everything ?? settings.capabilities)
        process.rlimits = settings.limits
        process.noNewPrivileges = settings.hasNoNewPrivileges == true
        if settings.hasTerminal { process.setTerminal(rows: size.rows, columns: size.columns) }
        return process
    }

    /// The container as a runtime takes it; `folder` is its own, an absolute path, and `size` that of its terminal.
    func spec(in folder: String, size: (rows: UInt16, columns: UInt16)) throws(RuntimeError) -> RuntimeSpec {
        let initProgram = settings.hasInit == true ? try InitProgram.find() : nil
        let process = process((initProgram.map { _ in InitProgram.prefix } ?? []) + command, size: size)
        var spec = RuntimeSpec(
            process: process, root: "\(folder)/\(ContainerFolder.mergedName)", hostname: hostname,
            isIsolated: settings.network == .none)
        if settings.network.name != nil { spec.joinNetwork() }
        spec.root.readonly = settings.hasReadOnlyTree
        if settings.isPrivileged || settings.showsKernelFiles == true {
            spec.linux.maskedPaths = nil
            spec.linux.readonlyPaths = nil
        }
        if !settings.isPrivileged, settings.allowsEveryCall != true {
            spec.linux.seccomp = .usual(capabilities: settings.capabilities)
        }
        if let bytes = settings.sharedMemoryBytes { spec.setSharedMemory(bytes: bytes) }
        switch settings.ipc {
        case .private?, nil: break
        case .host?: spec.shareMemory()
        case .unshown?: spec.mounts.removeAll { $0.destination == RuntimeSpec.sharedMemoryPath }
        }
        let devices = try HostDevice.all(settings.devices ?? [])
        spec.linux.devices = devices.isEmpty ? nil : devices.map(\.node)
        if ControlGroup.isUsable {
            spec.linux.cgroupsPath = ControlGroup.path(of: id)
            spec.linux.resources = RuntimeSpec.Resources(
                devices: settings.isPrivileged
                    ? RuntimeSpec.Resources.Device.all : RuntimeSpec.Resources.Device.usual + devices.map(\.rule),
                memoryBytes: settings.memoryBytes, milliCPUs: settings.milliCPUs, processLimit: settings.processLimit)
        }
        spec.mounts += ownMounts(in: folder)
        if settings.receivesMounts {
            spec.linux.rootfsPropagation = "rslave"
            for index in spec.mounts.indices where spec.mounts[index].type == "bind" && !spec.mounts[index].receivesMounts {
                spec.mounts[index].options.append("rprivate")
            }
        }
        if let initProgram {
            spec.mounts.append(.bind(initProgram, to: InitProgram.target, isReadOnly: true))
        }
        return spec
    }

    /// What is mounted besides what every container has, in the order in which that is done; `folder` is the container's own.
    func ownMounts(in folder: String) -> [RuntimeSpec.Mount] {
        let asked = settings.mounts.map { RuntimeSpec.Mount($0, in: folder) }.outerFirst
        let taken = Set(asked.map { PathWalk.cleaned($0.destination.utf8) })
        let files = Self.ownFiles.filter { !taken.contains(PathWalk.cleaned($0.target.utf8)) }
        return asked + files.map { .bind("\(folder)/\($0.name)", to: $0.target, isReadOnly: false) }
    }

    /// Files of the container's folder that it has at fixed places.
    package static let ownFiles = [
        (name: "hostname", target: "/etc/hostname"), (name: "hosts", target: "/etc/hosts"),
        (name: "resolv.conf", target: "/etc/resolv.conf"),
    ]

    /// Where something is mounted in a container of these settings.
    package static func mountTargets(_ settings: ContainerSettings) -> [String] {
        RuntimeSpec.usualMounts.map(\.destination) + ownFiles.map(\.target) + settings.mounts.map(\.target)
    }

    /// The config's variables, and those that every container has, as docker orders them.
    package var environment: [String] {
        let own = config.env ?? []
        func isMissing(_ name: String) -> Bool { !own.contains { NameValue($0).name.isExactly(name) } }
        var list: [String] = isMissing("PATH") ? ["PATH=\(Self.usualPath)"] : []
        if isMissing("HOSTNAME") { list.append("HOSTNAME=\(hostname)") }
        if settings.hasTerminal, isMissing("TERM") { list.append("TERM=xterm") }
        list += own
        if isMissing("HOME") { list.append("HOME=\(user.home)") }
        return list
    }

    /// Where the command starts.
    package var workingDirectory: String { config.workingDir.flatMap { $0.isEmpty ? nil : $0 } ?? "/" }

    private static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

extension [RuntimeSpec.Mount] {
    /// Those with fewer parts in their paths first, whatever asked for them: what lies inside another one's place would be hidden by that.
    package var outerFirst: [RuntimeSpec.Mount] {
        let depths = map { PathWalk.parts(PathWalk.cleaned($0.destination.utf8)).count }
        return indices.sorted { (depths[$0], $0) < (depths[$1], $1) }.map { self[$0] }
    }
}

extension RuntimeSpec.Mount {
    fileprivate static func bind(_ source: String, to target: String, isReadOnly: Bool) -> RuntimeSpec.Mount {
        RuntimeSpec.Mount(target, type: "bind", source: source, options: ["rbind", isReadOnly ? "ro" : "rw"])
    }

    /// Whether what is mounted below its source on the machine later appears in the container.
    fileprivate var receivesMounts: Bool { options.contains { ContainerSettings.slaveOptions.contains($0) } }

    fileprivate init(_ mount: ContainerSettings.Mount, in folder: String) {
        switch mount.kind {
        case .bind, .volume:
            self = .bind(mount.place(in: folder), to: mount.target, isReadOnly: mount.isReadOnly)
            if mount.options.contains(ContainerSettings.Mount.flatOption) { options[0] = "bind" }
            let own: Set = [ContainerFolder.emptyVolumeOption, ContainerSettings.Mount.flatOption]
            options += mount.options.filter { !own.contains($0) }
        case .tmpfs:
            let usual = [("nosuid", "suid"), ("nodev", "dev"), ("noexec", "exec"), (mount.isReadOnly ? "ro" : "rw", "ro")]
            let kept = usual.filter { !mount.options.contains($0.1) }.map(\.0)
            self.init(mount.target, type: "tmpfs", source: "tmpfs", options: kept + mount.options)
        }
    }
}
