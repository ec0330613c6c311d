// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#content-management

package import OCISpec
import Synchronization

/// A registry at an address, spoken to in order to delete from it.
///
/// Its methods block, so they must not be called on Swift's cooperative pool.
package final class RegistryDoor: Sendable {
    /// What became of something that was to be deleted.
    package enum Deletion: Hashable, Sendable {
        case done
        /// The registry has none such.
        case absent
        /// It refuses, with this status and in its own words.
        case refused(status: Int, [RegistryFault])
    }

    /// An upload that was begun.
    package struct Upload: Sendable {
        /// By which the registry calls it; the last part of its place.
        package let id: String
        fileprivate let location: WebAddress
    }

    /// The address as it was given, without what is secret in it.
    package let address: String
    private let endpoint: MirrorEndpoint
    private let isExplicit: Bool
    private let registries: Registries
    /// One for each repository, since credentials may be for one alone.
    private let clients = Mutex<[String: RegistryClient]>([:])

    /// A registry at `address`: `https://host[:port]`, `http://` where it has no TLS, or without either as images name it.
    package init(_ registries: Registries, at address: String) throws(DistributionError) {
        self.address = AddressText.shown(address)
        guard let endpoint = MirrorEndpoint(address) else {
            throw .badAddress(self.address, detail: "it is not the address of a registry")
        }
        self.endpoint = endpoint
        self.registries = registries
        isExplicit = address.contains("://")
    }

    private func repository(_ name: String) throws(DistributionError) -> RemoteRepository {
        if let client = clients.withLock({ $0[name] }) {
            return RemoteRepository(client: client, path: name, root: endpoint.root)
        }
        let client = try registries.client(at: endpoint, isExplicit: isExplicit, repository: name)
        clients.withLock { $0[name] = client }
        return RemoteRepository(client: client, path: name, root: endpoint.root)
    }

    /// What people see of any document; and whatever else it may be.
    private static let accepted = [
        MediaType.manifest, MediaType.index, MediaType.dockerManifest, MediaType.dockerManifestList,
        "application/vnd.docker.distribution.manifest.v1+prettyjws", "application/vnd.oci.artifact.manifest.v1+json", "*/*",
    ].joined(separator: ", ")

    /// The digest that a tag, or a digest, stands for in a repository; nil where the registry has none such.
    package func digest(of reference: String, in repository: String) throws(DistributionError) -> Digest? {
        let remote = try self.repository(repository)
        let answer = try remote.client.send(remote.request(.HEAD, "manifests/\(reference)", accept: Self.accepted))
        _ = try answer.body()
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw answer.refusal() }
        guard let digest = answer.header("Docker-Content-Digest").flatMap({ Digest(ifValid: $0) }) else {
            throw .badAnswer(answer.line, detail: "it names no digest")
        }
        return digest
    }

    /// Deletes a manifest by its digest, or a tag by its name.
    package func delete(_ reference: String, from repository: String) throws(DistributionError) -> Deletion {
        let scope = RegistryRequest.scope(repository, "pull,delete")
        let remote = try self.repository(repository)
        var request = remote.request(.DELETE, "manifests/\(reference)", accept: nil, scope: scope)
        // A registry looks through all tags of a repository first.
        request.isSlow = true
        let answer = try remote.client.send(request)
        switch answer.status {
        case 200...299:
            _ = try answer.body()
            return .done
        case 404: return .absent
        case 400...499: return .refused(status: answer.status, answer.faults())
        default: throw answer.refusal()
        }
    }

    /// Whether a repository has a blob.
    package func has(_ blob: Digest, in repository: String) throws(DistributionError) -> Bool {
        let remote = try self.repository(repository)
        let answer = try remote.client.send(remote.request(.HEAD, "blobs/\(blob)", accept: nil))
        _ = try answer.body()
        if answer.status == 404 { return false }
        guard answer.status == 200 else { throw answer.refusal() }
        return true
    }

    /// Begins to upload a blob.
    package func beginUpload(to repository: String) throws(DistributionError) -> Upload {
        let remote = try self.repository(repository)
        var request = remote.request(.POST, "blobs/uploads/", accept: nil, scope: remote.pushScope)
        request.isRetried = false
        let answer = try remote.client.send(request)
        guard answer.status == 202 else { throw answer.refusal() }
        _ = try answer.body()
        guard let location = try answer.location() else {
            throw .badAnswer(answer.line, detail: "it names no place to upload to")
        }
        try remote.client.requireFollowable(location, from: answer.address.origin, answer.line)
        let path = location.text.prefix { $0 != "?" }
        let id = answer.header("Docker-Upload-UUID") ?? path.split(separator: "/").last.map(String.init) ?? ""
        return Upload(id: id, location: location)
    }

    /// Ends an upload with all bytes of a blob.
    package func end(_ upload: Upload, to repository: String, _ bytes: [UInt8], _ digest: Digest) throws(DistributionError) {
        let remote = try self.repository(repository)
        let address: WebAddress
        do {
            address = try upload.location.adding(query: "digest=\(digest.algorithm.rawValue)%3A\(digest.hex)")
        } catch {
            throw .badAnswer(RequestLine(method: "PUT", url: upload.location.text), detail: error.detail)
        }
        var request = RegistryRequest(
            method: .PUT, target: .url(address), headers: [("Content-Type", "application/octet-stream")],
            authorization: .registry([remote.pushScope]))
        request.body = .bytes(bytes)
        request.isSlow = true
        request.isRetried = false
        let answer = try remote.client.send(request)
        guard (200...299).contains(answer.status) else { throw answer.refusal() }
        _ = try answer.body()
    }
}
