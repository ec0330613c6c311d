import OCISpec

/// Which fields of two configs differ, and which steps of their histories.
enum ConfigComparison {
    /// The differences, by field.
    static func changes(from old: ImageConfig, to new: ImageConfig) -> [ConfigChangeLine] {
        let (before, after) = (fields(old), fields(new))
        return Set(before.keys).union(after.keys).sorted().compactMap { field in
            guard before[field] != after[field] else { return nil }
            return ConfigChangeLine(field: field, before: before[field], after: after[field])
        }
    }

    /// The steps that only one has, in order.
    static func steps(from old: ImageConfig, to new: ImageConfig) -> [HistoryChange] {
        let (before, after) = (steps(old), steps(new))
        let pairs = LongestCommonSubsequence.pairs(before, after)
        var changes: [HistoryChange] = []
        var (left, right) = (0, 0)
        for pair in pairs + [(before.count, after.count)] {
            changes += before[left..<pair.left].map { HistoryChange(isAdded: false, createdBy: $0) }
            changes += after[right..<pair.right].map { HistoryChange(isAdded: true, createdBy: $0) }
            (left, right) = (pair.left + 1, pair.right + 1)
        }
        return changes
    }

    private static func steps(_ config: ImageConfig) -> [String] { (config.history ?? []).map { $0.createdBy ?? "" } }

    private static func fields(_ image: ImageConfig) -> [String: String] {
        var fields: [String: String] = [:]
        fields["architecture"] = image.architecture
        fields["os"] = image.os
        fields["variant"] = image.variant
        fields["author"] = image.author
        fields["created"] = image.created
        guard let config = image.config else { return fields }
        fields["User"] = config.user
        fields["WorkingDir"] = config.workingDir
        fields["StopSignal"] = config.stopSignal
        fields["Entrypoint"] = config.entrypoint.map(list)
        fields["Cmd"] = config.cmd.map(list)
        fields["Shell"] = config.shell.map(list)
        fields["OnBuild"] = config.onBuild.map(list)
        fields["ArgsEscaped"] = config.argsEscaped.map { "\($0)" }
        for port in config.exposedPorts ?? [] { fields["ExposedPorts.\(port)"] = "exposed" }
        for volume in config.volumes ?? [] { fields["Volumes.\(volume)"] = "volume" }
        for (label, value) in config.labels ?? [:] { fields["Labels.\(label)"] = value }
        for variable in config.env ?? [] {
            let name = variable.prefix { $0 != "=" }
            fields["Env.\(name)"] = String(variable.dropFirst(name.count + 1))
        }
        if let check = config.healthcheck { fields["Healthcheck"] = words(check) }
        return fields
    }

    private static func words(_ check: Healthcheck) -> String {
        var parts = [list(check.test ?? [])]
        if let interval = check.interval { parts.append("interval=\(interval)ns") }
        if let timeout = check.timeout { parts.append("timeout=\(timeout)ns") }
        if let period = check.startPeriod { parts.append("start-period=\(period)ns") }
        if let retries = check.retries { parts.append("retries=\(retries)") }
        return parts.joined(separator: " ")
    }

    /// A list as JSON has it.
    private static func list(_ words: [String]) -> String {
        let quoted = words.map { word in
            var text = "\""
            for scalar in word.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "\n": text += "\\n"
                case "\t": text += "\\t"
                default: text.unicodeScalars.append(scalar)
                }
            }
            return text + "\""
        }
        return "[" + quoted.joined(separator: ",") + "]"
    }
}
