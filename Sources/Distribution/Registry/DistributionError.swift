package import ContentStorage
import Foundation
package import ImageStorage
package import LayerArchive
package import OCISpec

/// What a request was about, for messages: an address without its query, which may hold secrets.
package struct RequestLine: Hashable, Sendable {
    /// In capitals, as HTTP has it.
    package var method: String
    /// Without user, password, query and fragment.
    package var url: String
    /// Whose credentials it bore, where it bore some.
    package var access = CredentialReport()

    /// A line from its parts; a query, a fragment and a user in `url` are cut off.
    package init(method: String, url: String) {
        self.method = method
        self.url = AddressText.shown(url)
    }
}

/// Why an image could not be pulled or pushed.
package enum DistributionError: Error, Sendable {
    /// libcurl cannot be used.
    case noCurl(detail: String)
    /// The network failed, however often it was tried.
    case network(RequestLine, NetworkFailure)
    /// The registry answered with an error, however often it was asked.
    case refused(RequestLine, status: Int, [RegistryFault])
    /// The server wants not to be asked for longer than this side waits.
    case busy(RequestLine, status: Int, seconds: Double, [RegistryFault])
    /// The registry wants to know who asks, and there are no credentials for it; these may have had some.
    case loginNeeded(registry: String, [RegistryFault], [CredentialProblem])
    /// The registry does not accept the credentials that there are.
    case wrongCredentials(registry: String, [RegistryFault], CredentialReport)
    /// The registry does not list its repositories, at least not to this user.
    case noCatalog(registry: String, status: Int, [RegistryFault])
    /// The registry has no such image.
    case noSuchImage(String)
    /// The registry has an index, but not the manifest of it that is wanted.
    case absentManifest(String, Digest, Platform?)
    /// There is no image for the platform; these are there.
    case noSuchPlatform(String, wanted: Platform?, available: [Platform])
    /// The manifest is of docker's schema 1, which has no digests of its layers' contents.
    case schemaOne(String)
    /// What the name stands for is neither a manifest nor an index.
    case unknownMediaType(String, type: String)
    /// What the name stands for is an artifact, not an image.
    case artifact(String, Digest)
    /// The image has a layer that is encrypted.
    case encryptedLayer(String, Digest)
    /// A document cannot be read.
    case badDocument(String, DocumentError)
    /// The bytes do not have the digest that names them.
    case digestMismatch(RequestLine, expected: Digest, actual: Digest)
    /// The bytes are not as many as the descriptor says.
    case sizeMismatch(RequestLine, Digest, expectedBytes: Int64, actualBytes: Int64)
    /// The body goes on after as many bytes as the descriptor says.
    case tooLong(RequestLine, Digest, expectedBytes: Int64)
    /// The digest's algorithm is registered, but the store names blobs by SHA-256 only.
    case unsupportedDigest(Digest)
    /// A layer does not decompress to what the config says.
    case diffIDMismatch(layer: Digest, expected: Digest, actual: Digest)
    /// An image has one blob as two layers, of which it says different things.
    case contradictoryLayer(Digest)
    /// The config counts other layers than the manifest.
    case layerCountMismatch(Digest, config: Int, manifest: Int)
    /// An index leads to more manifests, or to more of which it does not say what they are for, or indexes nest deeper, than the limit.
    case tooManyManifests(String, IndexLimit)
    /// A layer's bytes are no layer.
    case badLayer(Digest, LayerArchiveError)
    /// A layer's type is not a tar's, and neither are its bytes.
    case notATar(layer: Digest, mediaType: String)
    /// The registry asks for credentials in a way that cannot be answered.
    case badChallenge(registry: String, detail: String)
    /// The token server's answer is none.
    case badToken(RequestLine, detail: String)
    /// Credentials would go over an open line to another machine.
    case openCredentials(RequestLine)
    /// Redirects lead in a circle, to no HTTP address, or from TLS to plain HTTP.
    case badRedirect(RequestLine, to: String)
    /// An answer lacks what the specification demands of it.
    case badAnswer(RequestLine, detail: String)
    /// An address is none of HTTP's.
    case badAddress(String, detail: String)
    /// A variable of the environment does not name a proxy.
    case badProxy(variable: String, Proxy.Fault)
    /// A file of settings cannot be read.
    case badSettings(path: String, detail: String)
    /// A file of settings is another program's.
    case otherSettings(path: String, OtherRegistriesForm)
    /// A file of credentials can be neither changed nor told to be without any.
    case unusablePlace(String, PlaceFault)
    /// After a logout something that it leaves alone still gives the login.
    case stillLoggedIn(registry: String, CredentialSource)
    /// A credential helper did not keep a login, or did not forget one.
    case helperFailed(HelperName, HelperFault)
    /// What was to be pushed is not whole in the store: these platforms are absent.
    case absentPlatforms(String, absent: [String], present: [String])
    /// The store failed.
    case content(ContentError)
    /// The store's images failed: a name, a document or the catalog.
    case images(ImageError)
    /// Something failed that no other case names.
    case unexpected(any Error)
}
