package import StorageIO

/// Why a bbolt file gave nothing.
package enum BoltError: Error, Hashable, Sendable {
    /// A system call failed.
    case storage(StorageError)
    /// Somebody wrote to the file during each of so many tries; what it holds is not known.
    case busy(path: String, tries: Int)
    /// Neither of the two places for a meta page has one: an empty file, another program's, or one damaged at its very start.
    case notBolt(path: String)
    /// The pages in use take so many bytes, which is more than the reader keeps in memory.
    case tooLarge(path: String, bytes: Int64, limit: Int64)
    /// A committed state that no writer of bbolt leaves.
    case damaged(path: String, BoltFault)
}

/// What is wrong with a file's pages, and in which.
package struct BoltFault: Error, Hashable, Sendable {
    /// What can be wrong.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A page's number is none of a page in use.
        case pageOutOfBounds
        /// A page has another number in it than that by which it is reached.
        case wrongNumber
        /// A page is neither a branch nor a leaf.
        case wrongKind
        /// A page is reached twice, or lies in another one.
        case pageSharedByTwo
        /// A branch without children.
        case emptyBranch
        /// An element ends outside its page, or lies over the one before it.
        case elementOutOfBounds
        /// Keys do not ascend, or are not below where their branch says.
        case keysOutOfOrder
        /// A bucket's value is no bucket.
        case badBucket
        /// Pages and buckets are nested deeper than any honest file's.
        case tooDeep
    }

    /// What is wrong.
    package let kind: Kind
    /// The page at fault; of a small bucket within another's page, that page.
    package let page: UInt64
}
