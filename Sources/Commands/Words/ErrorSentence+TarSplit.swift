import LayerArchive

extension ErrorSentence {
    /// Why a layer in an engine's store cannot be read from its tar-split.
    static func words(_ fault: TarSplitFault) -> String {
        switch fault {
        case .badLine(let line): "line \(line + 1) of its tar-split is damaged"
        case .outOfOrder(let line): "lines of its tar-split are missing or moved, from line \(line + 1) on"
        case .unknownKind(let line): "line \(line + 1) of its tar-split is of a kind that is not known"
        case .lineTooLong(let line): "line \(line + 1) of its tar-split is longer than an entry's headers may be"
        case .truncated: "its tar-split ends inside a line"
        case .contentMissing(let name): "its tar-split lacks the content of \(text(name))"
        case .badName(let name): "its tar-split has a content of the name \(text(name)), which leads out of the layer"
        case .fileMissing(let name): "the unpacked layer has no file \(text(name))"
        case .fileChanged(let name): "the unpacked layer's file \(text(name)) is not what it was"
        }
    }
}
