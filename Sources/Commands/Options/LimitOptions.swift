import ArgumentParser
import LayerArchive
import OCISpec
import TextValues

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

    @Option(
        help: ArgumentHelp(
            "Largest manifest, index or config (default: 8MiB).", valueName: "size", visibility: .hidden))
    var maxDocument: ByteCount?

    /// The limits with what was asked for.
    var scanLimits: ScanLimits {
        var limits = ScanLimits()
        if let maxDocument { limits.documents = .default.raised(toBytes: Int(clamping: maxDocument.bytes)) }
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

/// A number of bytes by our own rules: `500MB` is a power of 1000, `500MiB` of 1024.
struct ByteCount: ExpressibleByArgument, Hashable {
    let bytes: Int64

    init?(argument: String) {
        guard let bytes = ByteCountText.bytes(argument) else { return nil }
        self.bytes = bytes
    }
}

/// A number of bytes of an option that docker has, by docker's rules: all units are powers of 1024.
struct DockerByteCount: ExpressibleByArgument, Hashable {
    let bytes: Int64

    init?(argument: String) {
        guard let bytes = ByteCountText.bytes(argument, .docker) else { return nil }
        self.bytes = bytes
    }
}
