package import OCISpec

/// What a pull or a push tells while it runs; sent from several threads.
package enum DistributionEvent: Sendable {
    /// What became of one layer or blob.
    package enum Stage: Hashable, Sendable {
        /// It is to be fetched or sent; bytes in all.
        case waiting(totalBytes: Int64)
        /// The other side, or this one, has it already.
        case alreadyExists
        /// Another process is fetching it.
        case elsewhere
        /// Its transfer goes on where an earlier one stopped.
        case resumed(atBytes: Int64)
        /// So many bytes more were transferred.
        case advanced(bytes: Int64)
        /// It is being compressed before it is sent.
        case compressing
        /// The registry has taken it over from another repository.
        case mounted(from: String)
        /// It is a foreign layer, and the registry does not have it.
        case absent
        /// It is in the store, or in the registry.
        case complete
    }

    /// The registry has answered; layers may follow.
    case resolved(Descriptor)
    /// How a layer fares.
    case layer(Digest, Stage)
    /// The store's copy of a blob is damaged, and is replaced by the registry's.
    case damaged(Digest)
    /// A mirror did not give the image, and the next server is asked.
    case mirrorFailed(String, DistributionError)
    /// Not all platforms of an index are in the store, so this platform's image alone is pushed.
    case onlyPlatform(Platform)
}
