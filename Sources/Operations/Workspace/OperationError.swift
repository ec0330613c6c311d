package import ContentStorage
package import ImageStorage
package import LayerAnalysis
package import OCISpec
package import PackageDatabases
package import Reclamation
import StorageIO

/// What an operation itself finds wrong.
package enum OperationError: Error {
    /// Neither the store nor the file system has anything of that name.
    case noSuchSource(String)
    /// The transport is known, but nothing reads from it yet.
    case unsupportedTransport(String)
    /// An archive was to be read, and a registry is none.
    case registryAsArchive(String)
    /// An archive was to be read, and an engine's image is none.
    case engineAsArchive(String)
    /// One image was wanted and the source has several.
    case severalImages(source: String, available: [String])
    /// The image asked for as a base is not one: its layers are not the first ones.
    case notABase(String, image: String)
    /// The catalog lacks a layer's index that was just made: it could not be written, or another process replaced it.
    case indexLost(Digest, problem: String?)
    /// The image's layers contradict each other.
    case analysis(image: String, AnalysisError)
    /// The image cannot be written again.
    case notOptimizable(String, OptimizeFault)
    /// So many images of a store could not be written again; what was wrong with each was told.
    case notAllOptimized(count: Int)
    /// Images cannot be written again to share what they have in common.
    case notShareable(AcrossFault)
    /// The image has no layer of that number.
    case noSuchLayer(Int, count: Int)
    /// The image shows nothing at the path.
    case noSuchPath(String, image: String)
    /// The image shows nothing at the path as far as its known layers go, and some are not known.
    case pathNotKnown(String, image: String)
    /// The content of the image's layer of that number is not known.
    case layerNotKnown(Int, image: String)
    /// The bytes of a file of the image's layer of that number cannot be had.
    case contentNotAvailable(layer: Int, image: String)
    /// A file of the image's layer of that number has other bytes than it had when the layer was read first.
    case contentDiffers(layer: Int, image: String)
    /// The content of no layer of the image is known.
    case filesNotKnown(image: String)
    /// The name to give an image has a digest, which nobody can choose.
    case digestAsName(String)
    /// No name of the repository ever meant an image, as far as the store knows.
    case noHistory(String)
    /// Images were noted, but none that runs on the platform asked for.
    case noHistoryOfPlatform(String, available: [String])
    /// The image before is asked for of one that has no name.
    case previousOfNameless(image: String)
    /// A rule is about packages, and not all of the image's are known.
    case packagesUnknown(image: String, PackageProblem)
    /// Some of what was to go is still there, for this reason and others.
    case notRemoved(count: Int, ImageError)
    /// There is no plan of that ID, and no file of that name.
    case noSuchPlan(String)
    /// A plan that the store keeps is too old to be carried out.
    case planExpired(PlanID)
    /// A file is no plan.
    case badPlan(String, DocumentError)
    /// A plan cannot be undone: nothing of it is in the trash.
    case nothingToUndo(String, available: [String])
    /// An image that a plan removed cannot come back: it shared a blob that is gone.
    case notRestored(String, missing: Digest)
    /// The text is neither a digest of the store, nor a file of it, nor an image.
    case noSuchSubject(String)
    /// Something that an image needs cannot be read, so nothing was deleted.
    case nothingDeleted(UnreadableDocument)
    /// A document of the image could not be written as JSON again.
    case notEncodable(DocumentError)
}
