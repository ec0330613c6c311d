import LayerArchive

extension ErrorSentence {
    /// Why a table of contents is not believed, as the end of a sentence about it.
    static func words(_ fault: TableFault) -> String {
        switch fault {
        case .unvouched: "no annotation of the manifest has its digest"
        case .unplaced: "no annotation of the manifest says where it is"
        case .twoTables: "the layer has one of eStargz and one of zstd:chunked"
        case .badAnnotation(let key): "the annotation `\(text(Array(key.utf8)))` is not valid"
        case .otherType(let type): "it is of type \(type), not 1"
        case .outside: "it is outside the layer"
        case .tooLarge: "it is too large"
        case .noFooter: "the layer has no eStargz footer"
        case .digest(let expected, let actual): "it has the digest \(actual), not \(expected) as in the manifest"
        case .unreadable(let error as LayerArchiveError): ErrorSentence(error, in: "it").message
        case .unreadable(let error): "it cannot be read: \(error)"
        case .notZstd: "it is not compressed with zstd"
        case .noMember: "its tar does not contain it"
        case .malformed(let place): "it is not valid JSON of a table, at byte \(place)"
        case .otherVersion: "it is not of version 1"
        case .entry(let name, let fault): "its entry `\(text(name))` \(words(fault))"
        case .limitExceeded(let kind, let limit):
            ErrorSentence(LayerArchiveError.limitExceeded(kind, limit: limit, nil), in: "the layer").messageWithHint
        case .contradictory: "one of its hard links has no target"
        }
    }

    private static func words(_ fault: TableFault.Entry) -> String {
        switch fault {
        case .noName: "has no name"
        case .parentTraversal: "leaves the root with `..`"
        case .zeroByte: "has a zero byte in its name"
        case .badWhiteout: "is a whiteout without a name, or of `.` or `..`"
        case .unknownType: "is of an unknown type"
        case .twice: "occurs twice"
        case .linkToNowhere: "is a hard link without a target"
        case .strayChunk: "is a chunk without a file"
        case .badSize: "has an impossible size"
        case .badOffset: "is outside the layer's data"
        }
    }

    private var messageWithHint: String { hint.map { "\(message) (\($0))" } ?? message }
}
