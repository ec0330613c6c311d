// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push

package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO
import Synchronization

/// What a push did.
package struct PushedImage: Sendable {
    /// The manifest or index as the registry has it now.
    package let root: Descriptor
    /// Bytes of blobs that went over the network.
    package let sentBytes: Int64
    /// Whether the registry's manifest is another than the store's, since layers were compressed on the way.
    package let isRewritten: Bool
}

/// How to push.
package struct PushOptions: Sendable {
    /// The image of an index to push alone; nil for all.
    package var platform: Platform?
    /// Blobs sent at a time.
    package var workerCount = 4

    /// The default options.
    package init() {}
}

/// Brings an image of the store to a registry.
///
/// The tag comes last, when everything that it leads to is there. The store is only read, but for a record of what a layer
/// compresses to; after an error, what the registry has taken it will not be sent again.
package struct Push: Sendable {
    private let reference: Reference
    private let repository: RemoteRepository
    private let store: ImageStore
    private let session: IngestSession
    private let options: PushOptions
    private let report: @Sendable (DistributionEvent) -> Void

    /// A push of what `reference` means in the store to where its name says; `session` holds what is sent.
    package init(
        _ reference: Reference, to registries: Registries, from store: ImageStore, session: IngestSession,
        _ options: PushOptions, report: @escaping @Sendable (DistributionEvent) -> Void
    ) throws(DistributionError) {
        self.reference = reference.withDefaultTag
        repository = try registries.repository(reference)
        self.store = store
        self.session = session
        self.options = options
        self.report = report
    }

    /// Pushes; blocks the calling thread and works on others.
    package func run(_ root: Descriptor) throws(DistributionError) -> PushedImage {
        var walk = OutgoingWalk(store, session, title: reference.familiar)
        let image = try walk.walk(root, platform: options.platform) { report(.onlyPlatform($0)) }
        for blob in image.blobs where blob.diffID != nil {
            report(.layer(blob.label, .waiting(totalBytes: blob.descriptor.size)))
        }
        let (replaced, sentBytes) = try send(image.blobs)
        let pushed = try put(image.root, replaced, as: reference.tag ?? reference.digest?.description)
        return PushedImage(root: pushed, sentBytes: sentBytes, isRewritten: pushed.digest != image.root.descriptor.digest)
    }

    private struct Progress {
        var next = 0
        var sentBytes: Int64 = 0
        var replaced: [Digest: Descriptor] = [:]
    }

    /// Sends all blobs, several at a time; returns by what the uncompressed ones were replaced.
    private func send(_ blobs: [OutgoingBlob]) throws(DistributionError) -> ([Digest: Descriptor], Int64) {
        // The largest first, so that no long one is left alone at last.
        let order = blobs.sorted { $0.descriptor.size > $1.descriptor.size }
        let halt = Halt()
        let sender = BlobPush(
            repository: repository.ending(with: halt), store: store, session: session,
            mounts: MountSources(reference, store), report: report)
        let progress = Mutex(Progress())
        let workers = min(options.workerCount, order.count)
        Threads.each(count: workers, workers: workers) { _ in
            while true {
                let blob: OutgoingBlob? = progress.withLock { progress in
                    guard halt.error == nil, progress.next < order.count else { return nil }
                    progress.next += 1
                    return order[progress.next - 1]
                }
                guard let blob else { return }
                do throws(DistributionError) {
                    let sent = try sender.push(blob)
                    progress.withLock { progress in
                        progress.sentBytes += sent.bytes
                        if sent.descriptor.digest != blob.descriptor.digest {
                            progress.replaced[blob.descriptor.digest] = sent.descriptor
                        }
                    }
                } catch {
                    halt.end(error)
                }
            }
        }
        try halt.check()
        let outcome = progress.withLock { $0 }
        return (outcome.replaced, outcome.sentBytes)
    }

    /// Puts a document after all that it lists, and returns what names it now.
    ///
    /// `name` is a tag, or nil for the document's own digest.
    private func put(
        _ document: OutgoingDocument, _ replaced: [Digest: Descriptor], as name: String?
    ) throws(DistributionError) -> Descriptor {
        var replaced = replaced
        for child in document.children {
            let pushed = try put(child, replaced, as: nil)
            if pushed.digest != child.descriptor.digest { replaced[child.descriptor.digest] = pushed }
        }
        let bytes = try ManifestRewrite.apply(replaced, to: document.bytes, title: reference.familiar)
        var descriptor = document.descriptor
        descriptor.digest = Digest(hashing: bytes, with: descriptor.digest.algorithm)
        descriptor.size = Int64(bytes.count)
        // A push by digest whose layers were compressed has a new digest.
        let isDigest = name == nil || name == document.descriptor.digest.description
        try repository.put(bytes, descriptor, as: isDigest ? descriptor.digest.description : name ?? "")
        return descriptor
    }
}

/// Puts other descriptors in the place of those that a manifest or an index lists.
enum ManifestRewrite {
    /// The document with every descriptor replaced whose digest is a key; the very bytes where there is none.
    ///
    /// What this program does not know of the document stays.
    static func apply(
        _ replaced: [Digest: Descriptor], to bytes: [UInt8], title: String
    ) throws(DistributionError) -> [UInt8] {
        guard !replaced.isEmpty else { return bytes }
        do {
            guard case .object(var fields) = try decodeDocument(JSONValue.self, from: bytes, limits: .stored) else {
                return bytes
            }
            var isChanged = false
            for field in ["layers", "manifests"] as [ExactText] {
                guard let key = fields.name(of: field), case .array(let entries)? = fields[key] else { continue }
                fields[key] = .array(entries.map { replace($0, replaced, &isChanged) })
            }
            return isChanged ? try encodeDocument(JSONValue.object(fields)) : bytes
        } catch {
            throw .badDocument(title, error)
        }
    }

    private static func replace(_ entry: JSONValue, _ replaced: [Digest: Descriptor], _ isChanged: inout Bool) -> JSONValue {
        guard case .object(var fields) = entry, let key = fields.name(of: "digest"), case .string(let text)? = fields[key],
            let found = replaced.first(where: { $0.key.description == text })?.value
        else { return entry }
        isChanged = true
        fields[key] = .string(found.digest.description)
        fields[fields.name(of: "size") ?? "size"] = .integer(found.size)
        fields[fields.name(of: "mediaType") ?? "mediaType"] = .string(found.mediaType)
        return .object(fields)
    }
}

extension RemoteRepository {
    /// The scope that writing needs.
    var pushScope: String { RegistryRequest.scope(path, "pull,push") }

    /// Puts a manifest or an index under a tag or its digest; twice is as good as once.
    func put(_ bytes: [UInt8], _ descriptor: Descriptor, as name: String) throws(DistributionError) {
        var request = request(.PUT, "manifests/\(name)", accept: nil, scope: pushScope)
        request.headers.append(("Content-Type", descriptor.mediaType))
        request.body = .bytes(bytes)
        request.isSlow = true
        let answer = try client.send(request)
        guard (200...299).contains(answer.status) else { throw answer.refusal() }
        if let text = answer.header("Docker-Content-Digest"), text != descriptor.digest.description,
            text.hasPrefix(descriptor.digest.algorithm.rawValue + ":")
        {
            throw .badAnswer(answer.line, detail: "it took \(descriptor.digest) for \(String(text.prefix(80)))")
        }
        _ = try answer.body()
    }
}
