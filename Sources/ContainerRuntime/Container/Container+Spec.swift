package import ContentStorage
package import OCISpec
import TextValues

extension Container {
    /// The container as a runtime takes it; `folder` is its own, an absolute path, and `size` that of its terminal.
    func spec(in folder: String, size: (rows: UInt16, columns: UInt16)) -> RuntimeSpec {
        var process = RuntimeSpec.Process(
            args: command, env: environment, cwd: workingDirectory, uid: user.uid, gid: user.gid, groups: user.groups,
            capabilities: settings.capabilities)
        if settings.hasTerminal { process.setTerminal(rows: size.rows, columns: size.columns) }
        var spec = RuntimeSpec(
            process: process, root: "\(folder)/\(ContainerFolder.mergedName)", hostname: hostname,
            isIsolated: settings.network == .none)
        spec.root.readonly = settings.hasReadOnlyTree
        if settings.isPrivileged {
            spec.linux.maskedPaths = nil
            spec.linux.readonlyPaths = nil
        } else {
            spec.linux.seccomp = .usual(capabilities: settings.capabilities)
        }
        if ControlGroup.isUsable {
            spec.linux.cgroupsPath = ControlGroup.path(of: id)
            spec.linux.resources = RuntimeSpec.Resources(
                devices: settings.isPrivileged ? RuntimeSpec.Resources.Device.all : RuntimeSpec.Resources.Device.usual,
                memoryBytes: settings.memoryBytes, milliCPUs: settings.milliCPUs, processLimit: settings.processLimit)
        }
        let asked = settings.mounts.map { RuntimeSpec.Mount($0, in: folder) }.outerFirst
        spec.mounts += asked
        let taken = Set(asked.map { PathWalk.cleaned($0.destination.utf8) })
        for file in Self.ownFiles where !taken.contains(PathWalk.cleaned(file.target.utf8)) {
            spec.mounts.append(.bind("\(folder)/\(file.name)", to: file.target, isReadOnly: false))
        }
        return spec
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

    fileprivate init(_ mount: ContainerSettings.Mount, in folder: String) {
        switch mount.kind {
        case .bind, .volume:
            self = .bind(mount.place(in: folder), to: mount.target, isReadOnly: mount.isReadOnly)
            options += mount.options.filter { $0 != ContainerFolder.emptyVolumeOption }
        case .tmpfs:
            let usual = ["nosuid", "nodev", "noexec", mount.isReadOnly ? "ro" : "rw"]
            self.init(mount.target, type: "tmpfs", source: "tmpfs", options: usual + mount.options)
        }
    }
}
