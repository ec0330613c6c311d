package import EngineStores
package import StorageIO

/// Why something about an engine cannot be told.
package enum EngineError: Error, Sendable {
    /// There is no such folder.
    case noRoot(EngineKind, path: String)
    /// The root may not be read by this user.
    case forbidden(EngineKind, path: String)
    /// The root cannot be opened or walked.
    case storage(EngineKind, StorageError)
    /// What the root holds cannot be read.
    case store(EngineKind, root: String, EngineStoreError)
    /// Which image has which layers is not known with this driver.
    case unknownDriver(EngineKind, root: String, driver: String)
    /// Something of the root cannot be read, so what keeps an image is not all known.
    case notWhole(EngineKind, root: String, EngineProblem)
    /// The engine keeps no images at all.
    case noImages(EngineKind)
    /// It keeps no build cache beside its images.
    case noBuildCache(EngineKind)
    /// Its files do not tell which containers run.
    case noStoppedContainers(EngineKind)
    /// The path is below no root of an engine that is known here.
    case outsideOfRoots(path: String)
    /// The engine has no image that is called so.
    case noSuchImage(String, EngineKind, root: String)
    /// There is nothing at the path.
    case noSuchPath(String)
}
