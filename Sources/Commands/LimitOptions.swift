import ArgumentParser
import LayerArchive

/// How much of a hostile source is read before it is refused.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Bytes of a layer's tar at most.", valueName: "size"))
    var maxLayer: ByteCount?

    @Option(help: ArgumentHelp("Entries of a layer at most.", valueName: "count"))
    var maxEntries: Int?

    @Option(help: ArgumentHelp("How many times larger than stored a layer of over 1 GiB may be.", valueName: "ratio"))
    var maxRatio: Int64?

    /// The limits with what was asked for.
    var scanLimits: ScanLimits {
        var limits = ScanLimits()
        if let maxLayer { limits.maxTarBytes = maxLayer.bytes }
        if let maxEntries { limits.maxEntries = maxEntries }
        if let maxRatio { limits.maxRatio = maxRatio }
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
