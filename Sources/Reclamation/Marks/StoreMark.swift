package import ImageStorage
package import OCISpec

/// One thing of a store that a person marked to go.
package enum StoreMark: Hashable, Sendable {
    /// An image with all its names, by the digest that `index.json` lists.
    case image(Digest)
    /// One name of the image of that digest; the image stays while it has another.
    case name(EntryName, Digest)
    /// What is no image, as a plan calls it.
    case other(ReclamationPlan.Subject)
}

/// Why something that was marked does not go.
package enum MarkRefusal: Hashable, Sendable {
    /// It is not there any more.
    case gone
    /// Containers that stay were made from it; their names.
    case usedBy([String])
    /// Containers that stay mount it; their names.
    case mountedBy([String])
    /// It runs.
    case running
    /// It is pinned.
    case pinned
    /// A living process brings it in.
    case inProgress
    /// It has not been as it is for that many seconds: another tool may be about to name it.
    case tooYoung(seconds: Int64)
    /// Another tool writes to the store, at this path below it.
    case foreignWrite(String)
    /// It has not expired.
    case notExpired
    /// What something leads to cannot be read, so what else needs this is not known.
    case unreadable(UnreadableDocument)
    /// Of an engine: who keeps it, in a sentence.
    case kept(String)
    /// Of an engine: its files do not tell whether it runs.
    case stateUnknown
    /// What leaked goes while the engine does not run, and nothing else does then; the marks have both.
    case leaksAlone
    /// What leaked goes while the engine does not run.
    case engineRuns
    /// Of an engine: the namespace that it is in, which is another one's.
    case otherNamespace(String)
    /// No plan about an engine takes such a thing.
    case enginesOwn
    /// No plan about an engine takes a volume, since what a container wrote cannot be made again.
    case enginesVolume
    /// Nobody knows what it is, so nothing of this program removes it.
    case unexplained
    /// Of an engine's root not all could be read; the path.
    case notWhole(String)
    /// How the engine keeps its layers is not known.
    case unknownDriver(String)
    /// The engine does not answer, and it alone removes something from its root.
    case notRunning
    /// The engine that answers has another root.
    case otherEngine(String)
    /// The engine's own program is not there.
    case noProgram(String)
    /// That the engine which answers is the root's cannot be made sure of.
    case unproven
}

/// Who keeps something that what is marked needs too, and how much of that.
package struct MarkKeeping: Hashable, Sendable, Comparable {
    /// Who keeps it.
    package enum Keeper: Hashable, Sendable {
        /// An image that stays, by what plans call it.
        case image(String)
        /// A container, by its name or ID.
        case container(String)
        /// Containers of an engine.
        case containers
        /// A step of the build cache, by its words.
        case cacheStep(String)
        /// The build cache of an engine.
        case buildCache
        /// A process that brings something in.
        case session(String)
        /// Entries of the index that cannot be used.
        case oddEntries
    }

    /// Who keeps it.
    package let keeper: Keeper
    /// Allocated bytes of what it keeps; several may keep the same.
    package let bytes: Int64

    /// What keeps most comes first.
    package static func < (left: MarkKeeping, right: MarkKeeping) -> Bool {
        (right.bytes, "\(left.keeper)") < (left.bytes, "\(right.keeper)")
    }
}
