import ContentStorage
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO
import SystemPackage

extension Remark {
    /// To whom a remark is told.
    enum Weight {
        /// To everybody, whatever `--quiet` says.
        case always
        /// To everybody but those who want only the result.
        case usual
        /// To those who want to know what is done on the way.
        case detail
    }

    var weight: Weight {
        switch self {
        case .storeClosed, .decision(.spaceUnknown), .decision(.neverFree): .always
        case .catalogProblem, .noFigures: .detail
        default: .usual
        }
    }

    /// A sentence without a full stop; what of it comes from elsewhere may still hold control characters.
    var sentence: String {
        switch self {
        case .storeClosed(let closing, let path):
            "closed the store \(path) to other users: its mode was \(Self.mode(closing.before)) and is \(Self.mode(closing.after)) now"
        case .sessionLeft(let error):
            """
            warning: cannot remove what a killed process left at \(error.path): \(ErrorSentence.reason(error.errno.rawValue)); a later \
            command tries again
            """
        case .catalogProblem(let detail): "catalog: \(detail)"
        case .baseOfOtherPlatform(let name, let platform, let wanted): "warning: \(name) is for \(platform), not for \(wanted)"
        case .nothingBefore(let repository, let platform):
            "no earlier image of \(repository) for \(platform) is known, so there is nothing to compare with"
        case .imageBeforeGone(let image): "the image before \(image) is not in the store any more, so there is no diff"
        case .noFigures(let manifest, let error): "no figures of \(manifest.short): \(ErrorSentence(any: error).message)"
        case .unreadableRecord(let error): ErrorSentence(any: error).message
        case .unusableTable(let layer, let fault):
            "warning: layer \(layer): its table of contents is not used: \(ErrorSentence.words(fault))"
        case .tableOutOfReach(let layer):
            "warning: layer \(layer): its table of contents is not read: no server returns parts of blobs"
        case .readRemotely(let knowledge): Self.sentence(knowledge)
        case .foreignLayerLeftOut(let digest): "layer \(digest) is foreign and not in the store: it is omitted"
        case .compressedOnTheWay(let image, let digest):
            "layers were compressed, so \(image) has the digest \(digest) in the registry"
        case .noCache(let name): "no build cache is at \(name)"
        case .cacheOutOfReach(let name, let error):
            "warning: the build cache at \(name) is not used: \(ErrorSentence(any: error).message)"
        case .cacheNotWritten(let error): "warning: the build cache was not written: \(ErrorSentence(any: error).message)"
        case .oddEntry(let entry):
            "cannot list \(entry.name ?? entry.digest ?? "an entry") (\(entry.id)): \(entry.detail)"
        case .unreadableImage(let name, let problem): "cannot read \(name): \(ErrorSentence(problem).message)"
        case .artifactsNotListed(let names):
            """
            \(names.count == 1 ? "1 artifact is" : "\(names.count) artifacts are") not listed as an image: \
            \(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", …" : ""); `strata df -v` lists artifacts as well, and \
            `strata rmi NAME` removes one
            """
        case .containersUnknown(let error): "cannot tell which images containers use: \(ErrorSentence(error).message)"
        case .decision(let note): Self.sentence(note)
        }
    }

    private static func mode(_ mode: some BinaryInteger) -> String { "0" + String(mode, radix: 8) }

    private static func sentence(_ knowledge: RemoteKnowledge) -> String {
        let (known, count) = (knowledge.knownCount, knowledge.layerCount)
        let start = knowledge.isOneOfSeveral ? "\(knowledge.image) read remotely" : "read remotely"
        if known == 0, count > 0 {
            return "\(start): no layer has a table of its files, so only compressed sizes are known"
        }
        let source = knowledge.isFromCatalog ? "were read before" : "have a table of contents"
        let rest = known < count ? "; of the others only the compressed size is known" : ""
        return "\(start): \(known) of \(count) layers \(source)\(rest)"
    }

    private static func sentence(_ note: PruneDecision.Note) -> String {
        switch note {
        case .budgetExceeded(let bytes):
            "the budget is still exceeded by \(ByteText.text(bytes)): everything else is protected"
        case .spaceUnknown:
            "the file system does not report its size: budgets on free space remove nothing"
        case .neverFree(let wanted, let total):
            """
            the file system has \(ByteText.text(total)), less than the \(ByteText.text(wanted)) to keep free: this \
            budget removes nothing
            """
        case .foreignWrite(let path):
            """
            another tool is writing to the store (\(path)): unreachable blobs are kept until a later `strata gc`
            """
        }
    }
}
