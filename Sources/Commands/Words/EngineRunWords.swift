import EngineStores
import Operations
import Reports

/// What cannot be done with the store's record of a run that removes from a registry.
enum RunRecordFault {
    /// It cannot be looked for.
    case notRead
    /// It cannot be made.
    case notMade
    /// It cannot be removed.
    case notRemoved
}

extension GlobalOptions {
    /// Tells in one line what does not hold without the record of a run; the run itself goes on.
    func note(about fault: RunRecordFault, of error: any Error) {
        let reason = ErrorSentence(any: error).message
        switch fault {
        case .notRead:
            note("cannot look for records of earlier runs (\(reason)): what one that was killed left without a tag stays")
        case .notMade:
            note(
                "cannot record this run (\(reason)): if it is killed, `strata image prune` without a filter removes what it "
                    + "leaves without a tag")
        case .notRemoved: note("cannot remove the record of this run (\(reason)): the next run removes it")
        }
    }
}

extension LeftByEngine {
    /// What whoever runs a command is told beside its outcome.
    var sentences: [String] {
        var sentences: [String] = []
        if unfinishedCount > 0 {
            let layers = unfinishedCount == 1 ? "1 layer" : "\(unfinishedCount) layers"
            sentences.append(
                "\(kind.title) was removing \(layers) when it was ended, and removes the rest when it is stopped the next time"
            )
        }
        if lostCount > 0 {
            let places = lostCount == 1 ? "1 place" : "\(lostCount) places"
            sentences.append(
                """
                \(kind.title) has no record of \(places) below \(root) (\(ByteText.text(lostBytes))): once it is stopped, \
                `strata system prune --engine \(kind.rawValue)=\(root) --engine-stopped` removes what leaked
                """)
        }
        return sentences
    }
}
