import PackageDatabases

/// Which packages two images do not have in the same version and size.
enum PackageComparison {
    private struct Key: Hashable {
        var manager: PackageManager
        var name: String
    }

    /// The differences, by manager and name.
    ///
    /// A name may stand for several packages (architectures, copies of a library): those of equal version are pairs, the others
    /// are paired in order of their versions.
    static func changes(from old: [MeasuredPackage], to new: [MeasuredPackage]) -> [PackageChange] {
        let before = Dictionary(grouping: old) { Key(manager: $0.manager, name: $0.name) }
        let after = Dictionary(grouping: new) { Key(manager: $0.manager, name: $0.name) }
        let keys = Set(before.keys).union(after.keys).sorted { ($0.manager, $0.name) < ($1.manager, $1.name) }
        return keys.flatMap { changes($0, before[$0] ?? [], after[$0] ?? []) }
    }

    private static func changes(_ key: Key, _ old: [MeasuredPackage], _ new: [MeasuredPackage]) -> [PackageChange] {
        var changes: [PackageChange] = []
        var rest: (old: [MeasuredPackage], new: [MeasuredPackage]) = ([], new)
        for package in old {
            guard let twin = rest.new.firstIndex(where: { $0.isSame(as: package) }) else {
                rest.old.append(package)
                continue
            }
            let other = rest.new.remove(at: twin)
            if other.bytes != package.bytes { changes.append(change(key, package, other)) }
        }
        for number in 0..<max(rest.old.count, rest.new.count) {
            changes.append(
                change(
                    key, number < rest.old.count ? rest.old[number] : nil, number < rest.new.count ? rest.new[number] : nil))
        }
        return changes
    }

    private static func change(_ key: Key, _ old: MeasuredPackage?, _ new: MeasuredPackage?) -> PackageChange {
        PackageChange(
            manager: key.manager, name: key.name, before: old?.version, after: new?.version, bytesBefore: old?.bytes ?? 0,
            bytesAfter: new?.bytes ?? 0)
    }
}

extension MeasuredPackage {
    fileprivate func isSame(as other: MeasuredPackage) -> Bool {
        version == other.version && architecture == other.architecture
    }
}
