import ArgumentParser
import LayerArchive

/// How much of a hostile source is read before it is refused: each limit under one name in every command, which errors give.
struct LimitOptions: ParsableArguments {
    @OptionGroup var stream: StreamLimitOptions
    @Option(help: ArgumentHelp("The same as --max-tar.", valueName: "size", visibility: .hidden))
    var maxLayer: ByteCount?

    /// The limits with what was asked for.
    var scanLimits: ScanLimits {
        var limits = stream.scanLimits
        if let maxLayer, stream.maxTar == nil { limits.maxTarBytes = maxLayer.bytes }
        return limits
    }
}

/// The limits, without the older name of one, which `check` has for a budget.
struct StreamLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Largest tar of a layer, decompressed (default: 64GiB).", valueName: "size"))
    var maxTar: ByteCount?

    @Option(help: ArgumentHelp("Most entries in a layer (default: 10,000,000).", valueName: "count"))
    var maxEntries: Int?

    @Option(help: ArgumentHelp("Largest decompression ratio allowed for a layer over 1 GiB.", valueName: "ratio"))
    var maxRatio: Int64?

    @Option(help: ArgumentHelp("Largest window of zstd data (default: 128MiB).", valueName: "size"))
    var maxWindow: ByteCount?

    @Option(help: ArgumentHelp("Longest path (default: 64KiB).", valueName: "size", visibility: .hidden))
    var maxPath: ByteCount?

    @Option(help: ArgumentHelp("Most bytes in all paths of a layer (default: 2GiB).", valueName: "size", visibility: .hidden))
    var maxNames: ByteCount?

    @Option(help: ArgumentHelp("Most bytes in one entry's headers (default: 48MiB).", valueName: "size", visibility: .hidden))
    var maxHeaders: ByteCount?

    @Option(help: ArgumentHelp("Most bytes in all files of a layer (default: 8PiB).", valueName: "size", visibility: .hidden))
    var maxContent: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Most bytes in the paths of directories that a layer implies (default: 64MiB).", valueName: "size",
            visibility: .hidden))
    var maxImplied: ByteCount?

    /// The limits with what was asked for.
    var scanLimits: ScanLimits {
        var limits = ScanLimits()
        if let maxTar { limits.maxTarBytes = maxTar.bytes }
        if let maxEntries { limits.maxEntries = maxEntries }
        if let maxRatio { limits.maxRatio = maxRatio }
        if let maxWindow { limits.maxWindowBytes = maxWindow.bytes }
        if let maxPath { limits.maxPathBytes = Int(clamping: maxPath.bytes) }
        if let maxNames { limits.maxNameBytes = Int(clamping: maxNames.bytes) }
        if let maxHeaders { limits.maxHeaderBytes = Int(clamping: maxHeaders.bytes) }
        if let maxContent { limits.maxContentBytes = maxContent.bytes }
        if let maxImplied { limits.maxImpliedBytes = Int(clamping: maxImplied.bytes) }
        return limits
    }
}

/// A number of bytes as users write it: `500MB` is a power of 1000, `500MiB` of 1024.
struct ByteCount: ExpressibleByArgument, Hashable {
    let bytes: Int64

    init?(argument: String) {
        let digits = argument.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(digits), let factor = Self.factor(argument.dropFirst(digits.count)) else { return nil }
        let product = value * factor
        guard product.isFinite, product >= 0, product < 9e18 else { return nil }
        bytes = Int64(product.rounded())
    }

    private static func factor(_ unit: Substring) -> Double? {
        let units: [String: Double] = [
            "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
            "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
        ]
        return units[unit.lowercased().filter { $0 != " " }]
    }
}
