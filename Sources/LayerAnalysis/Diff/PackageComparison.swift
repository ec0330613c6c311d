import OCISpec
import PackageDatabases

/// Which packages two images do not have in the same version and size.
enum PackageComparison {
    private struct Key: Hashable {
        var manager: PackageManager
        var name: ExactText
    }

    /// What makes two packages of one name a pair, the strictest first: a copy at the same place is the same copy, else one of
    /// the same version and size is.
    private struct Likeness: Hashable {
        var version: ExactText?
        var architecture: ExactText?
        var place: [UInt8]?
        var bytes: Int64?

        static let all: [@Sendable (MeasuredPackage) -> Likeness] = [
            {
                Likeness(
                    version: ExactText($0.version), architecture: ExactText($0.architecture ?? ""), place: $0.place,
                    bytes: $0.bytes)
            },
            { Likeness(version: ExactText($0.version), architecture: ExactText($0.architecture ?? ""), place: $0.place) },
            { Likeness(version: ExactText($0.version), architecture: ExactText($0.architecture ?? ""), bytes: $0.bytes) },
            { Likeness(version: ExactText($0.version), architecture: ExactText($0.architecture ?? "")) },
            { Likeness(architecture: ExactText($0.architecture ?? ""), place: $0.place) },
            { _ in Likeness() },
        ]
    }

    /// The differences, by manager and name.
    ///
    /// A name may stand for several packages (architectures, copies of a library), of which each is one's pair at most.
    static func changes(from old: [MeasuredPackage], to new: [MeasuredPackage]) -> [PackageChange] {
        let before = Dictionary(grouping: old) { Key(manager: $0.manager, name: ExactText($0.name)) }
        let after = Dictionary(grouping: new) { Key(manager: $0.manager, name: ExactText($0.name)) }
        let keys = Set(before.keys).union(after.keys).sorted { ($0.manager, $0.name) < ($1.manager, $1.name) }
        return keys.flatMap { changes($0, before[$0] ?? [], after[$0] ?? []) }
    }

    private static func changes(_ key: Key, _ old: [MeasuredPackage], _ new: [MeasuredPackage]) -> [PackageChange] {
        var changes: [PackageChange] = []
        var (before, after) = (old, new)
        for likeness in Likeness.all where !before.isEmpty && !after.isEmpty {
            // Those of one likeness, the last first.
            var waiting: [Likeness: [Int]] = [:]
            for number in after.indices.reversed() { waiting[likeness(after[number]), default: []].append(number) }
            var left: [MeasuredPackage] = []
            var taken: Set<Int> = []
            for package in before {
                guard let twin = waiting[likeness(package)]?.popLast() else {
                    left.append(package)
                    continue
                }
                taken.insert(twin)
                let other = after[twin]
                if !package.isSame(as: other) {
                    changes.append(change(key, package, other))
                }
            }
            before = left
            after = after.indices.filter { !taken.contains($0) }.map { after[$0] }
        }
        return changes + before.map { change(key, $0, nil) } + after.map { change(key, nil, $0) }
    }

    private static func change(_ key: Key, _ old: MeasuredPackage?, _ new: MeasuredPackage?) -> PackageChange {
        PackageChange(
            manager: key.manager, name: key.name.text, before: old?.version, after: new?.version, bytesBefore: old?.bytes ?? 0,
            bytesAfter: new?.bytes ?? 0)
    }
}

extension MeasuredPackage {
    /// Whether nothing that a diff tells of a package differs, byte for byte.
    fileprivate func isSame(as other: MeasuredPackage) -> Bool {
        version.isExactly(other.version) && architecture.isExactly(other.architecture) && bytes == other.bytes
    }
}
