import EngineStores

/// What leaked leaves as it is.
extension LeavingEngineImages {
    /// Removes what nobody names, and notes what has an entry in a list beside its path.
    ///
    /// Of these those that are wanted.
    mutating func removeLeaks(of inventory: EngineInventory, _ disk: EngineDisk, _ isWanted: (EngineLeak) -> Bool = { _ in true })
    {
        for (place, leak) in inventory.leaks.enumerated() where isWanted(leak) {
            guard leak.isRemovable(of: inventory.engine) else {
                keep(leak.path, reason: "it is in the engine's list of layers")
                continue
            }
            let bytes = disk.bytes(of: .leak(place))
            add(EnginePlan.Victim(.leak, name: leak.path, reason: leak.reason.words, freesBytes: bytes, names: []))
        }
    }
}

extension EngineLeak.Reason {
    /// Why it is a leak, in a few words.
    package var words: String {
        switch self {
        case .folderOfNobody: "no layer's directory"
        case .layerOfNobody: "no image's layer"
        case .fileOfNobody: "no layer's file"
        case .mountOfNobody: "no container's mount"
        case .nameOfNothing: "a link to nothing"
        case .imageOfNobody: "no image's directory"
        case .containerOfNobody: "no container's directory"
        case .blobOfNobody: "a blob without a record"
        case .blobWithoutManifest: "a blob of no manifest"
        case .linkWithoutManifest: "a link to a blob of no manifest"
        case .linkToNothing: "a link to what is gone"
        case .leftByDeletion: "left by a deletion"
        }
    }
}
