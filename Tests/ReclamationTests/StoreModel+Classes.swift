import Foundation
import Glibc

extension StoreModel {
    /// The line of a class, as `df` shows it.
    struct Line: Equatable {
        var count = 0
        var activeCount = 0
        var diskBytes: Int64 = 0
        var reclaimableBytes: Int64 = 0
    }

    /// What a name of the store is for, in the order in which an inode of several names is counted.
    private enum Place: Int {
        case blob, layer, container, session, bin, plan, catalog, other, unexplained
    }

    private func place(_ name: String, isDirectory: Bool, isRegular: Bool) -> Place {
        let parts = name.split(separator: "/").map(String.init)
        if itemName(name, isRegular: isRegular)?.hasPrefix("blob ") == true { return .blob }
        if itemName(name, isRegular: isRegular) != nil { return .layer }
        guard let top = parts.first else { return .other }
        switch (top, parts.count) {
        case ("blobs", 1), ("layers", 1), ("containers", 1), ("ingest", 1), ("trash", 1), ("plans", 1), ("locks", 1):
            return isDirectory ? .other : .unexplained
        case ("blobs", 2): return isDirectory && ["sha256", "sha512"].contains(parts[1]) ? .other : .unexplained
        case ("layers", _): return parts[1] == "l" ? .other : .unexplained
        case ("containers", 2), ("trash", 2):
            return !isDirectory ? .unexplained : top == "trash" ? .bin : .container
        case ("containers", _): return .container
        case ("trash", _): return .bin
        case ("ingest", 2): return isDirectory ? .session : .unexplained
        case ("ingest", 3):
            let isOwn = parts[2].wholeMatch(of: /holds|resumable|(partial|sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})\.\d+/) != nil
            return isOwn ? .session : .unexplained
        case ("plans", 2): return planID(parts[1]) != nil ? .plan : .unexplained
        case ("locks", 2):
            let isOwn = ["index.json.new", "reserve"].contains(parts[1]) || (0..<16).contains { parts[1] == "spare.\($0)" }
            return parts[1].hasSuffix(".lock") || isOwn ? .other : .unexplained
        case (_, 1):
            if top.hasPrefix("catalog.sqlite") { return .catalog }
            return ["index.json", "oci-layout", "strata.json"].contains(top) ? .other : .unexplained
        default: return .unexplained
        }
    }

    private func planID(_ file: String) -> String? {
        file.wholeMatch(of: /([0-9a-f]{8,64})\.json(\.new)?/).map { String($0.1) }
    }

    /// The plans that are kept, or half written; all of them were made long before the moment at which a made store is pruned.
    var plans: Set<String> {
        Set(
            files.values.flatMap(\.paths).compactMap { path in
                path.hasPrefix("plans/") ? planID(String(path.dropFirst("plans/".count))) : nil
            })
    }

    /// What a plan's files give back.
    func freedBytes(ofPlan id: String) -> Int64 {
        freedBytes(below: "plans/\(id).json") + freedBytes(below: "plans/\(id).json.new")
    }

    /// The folders of containers without a record: a killed command left them.
    var deadContainers: Set<String> { Set(directories("containers")).subtracting(containers.map(\.name)) }

    /// Every class, by the name that JSON has.
    func lines() -> [String: Line] {
        let unions = (kept: images.map(\.root) + containers.map(\.root), held: sessions.map(\.root))
        let kept = unions.kept.reduce(into: Set<String>()) { $0.formUnion($1.reached) }
        let held = unions.held.reduce(into: Set<String>()) { $0.formUnion($1.reached) }
        let isBroken = roots().contains(where: \.isBroken)
        var lines: [String: Line] = [:]
        for kind in [
            "images", "layers", "containers", "volumes", "buildCache", "orphaned", "partial", "trash", "plans", "catalog",
            "other", "unexplained",
        ] { lines[kind] = Line() }
        var orphans: Set<String> = []
        for file in files.values {
            for (name, place) in sorted(file) {
                let bytes = name == sorted(file)[0].0 ? file.bytes : 0
                let kind: String
                switch place {
                case .blob:
                    let item = itemName(name, isRegular: true) ?? ""
                    kind = kept.contains(item) ? "images" : held.contains(item) ? "partial" : "orphaned"
                    if kind == "orphaned" { orphans.insert(item) }
                case .layer: kind = "layers"
                case .container: kind = "containers"
                case .session: kind = "partial"
                case .bin: kind = "trash"
                case .plan: kind = "plans"
                case .catalog, .other, .unexplained:
                    kind = "\(place)"
                    lines[kind]?.count += 1
                }
                lines[kind]?.diskBytes += bytes
            }
        }
        lines["images"]?.count = images.count
        lines["images"]?.activeCount = images.filter { !$0.containers.isEmpty }.count
        let removable = Set(images.filter { $0.containers.isEmpty && !$0.isPinned }.map(\.id))
        lines["images"]?.reclaimableBytes = isBroken ? 0 : freedBytes(released(removable).filter { $0.hasPrefix("blob ") })
        lines["orphaned"]?.count = orphans.count
        lines["orphaned"]?.reclaimableBytes = isBroken ? 0 : freedBytes(orphans)
        let unpacked = Set(items.keys.filter { $0.hasPrefix("layer ") })
        let mounted = unpacked.intersection(containers.reduce(into: Set<String>()) { $0.formUnion($1.root.reached) })
        lines["layers"]?.count = unpacked.count
        lines["layers"]?.activeCount = mounted.count
        let leftover = unpacked.subtracting(reached())
        lines["layers"]?.reclaimableBytes =
            isBroken ? 0 : freedBytes(released(removable).union(leftover).filter { $0.hasPrefix("layer ") })
        // None of a made store's containers runs.
        count("containers", "containers", &lines) { _ in false }
        for name in deadContainers.union(containers.map(\.name)) {
            lines["containers"]?.reclaimableBytes += freedBytes(below: "containers/\(name)")
        }
        count("ingest", "partial", &lines) { liveSessions.contains($0) }
        for name in deadSessions {
            lines["partial"]?.reclaimableBytes += freedBytes(below: "ingest/\(name)", ofClass: "session")
        }
        lines["plans"]?.count = plans.count
        lines["plans"]?.reclaimableBytes = plans.reduce(0) { $0 + freedBytes(ofPlan: $1) }
        count("trash", "trash", &lines) { _ in false }
        for name in directories("trash") { lines["trash"]?.reclaimableBytes += freedBytes(below: "trash/\(name)") }
        return lines
    }

    private func freedBytes(below folder: String, ofClass kind: String) -> Int64 {
        // A stray in a session's directory is not the session's.
        files.values.reduce(0) { sum, file in
            let names = sorted(file)
            let isMeant = names.allSatisfy { ($0.0 == folder || $0.0.hasPrefix(folder + "/")) && "\($0.1)" == kind }
            return isMeant && (file.isDirectory || names.count == file.linkCount) ? sum + file.bytes : sum
        }
    }

    private func sorted(_ file: File) -> [(String, Place)] {
        file.paths.map { ($0, place($0, isDirectory: file.isDirectory, isRegular: file.isRegular)) }
            .sorted { ($0.1.rawValue, $0.0) < ($1.1.rawValue, $1.0) }
    }

    func directories(_ folder: String) -> [String] {
        files.values.filter(\.isDirectory).flatMap(\.paths).compactMap { path in
            let parts = path.split(separator: "/")
            return parts.count == 2 && parts[0] == folder ? String(parts[1]) : nil
        }
    }

    private func count(_ folder: String, _ kind: String, _ lines: inout [String: Line], _ isActive: (String) -> Bool) {
        let names = directories(folder)
        lines[kind]?.count = names.count
        lines[kind]?.activeCount = names.filter(isActive).count
    }
}
