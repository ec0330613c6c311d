// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags

import OCISpec

/// Reads a list of names that comes in pages, each of which names the next: repositories, tags, or what refers to a manifest.
struct ListedPages {
    let client: RegistryClient
    /// The first page's path, without a query.
    let path: String
    let scope: String
    /// Names asked for in a page; nil for a list of which no number can be asked for.
    var pageCount: Int? = Self.mostNames
    /// The type of a page.
    var mediaType = "application/json"
    var halt: Halt?

    /// Names asked for in a page: what most registries give at most; more is an error for some.
    static let mostNames = 1000
    /// Bytes of a page; some registries give all at once, however many were asked for.
    static let maxBytes = 64 << 20
    /// Pages in a row that bring nothing.
    private static let mostEmptyPages = 1000

    /// Why there is no list.
    enum Absence {
        /// The registry does not know such a list, or shows it to nobody.
        case refused(RegistryAnswer)
    }

    /// Hands every name to `body`, each once, in the registry's order; the answer that is none where the first page is refused.
    ///
    /// A list ends where no next page is named, and where one comes again.
    func each<Page: ListedPage>(
        _ type: Page.Type, _ body: (String) throws -> Void
    ) throws -> RegistryAnswer? {
        var seen: Set<ExactText> = []
        var visited: Set<String> = []
        var emptyCount = 0
        var answer = try client.send(request(.path(path + (pageCount.map { "?n=\($0)" } ?? ""))))
        // Some give fewer at a time, and say so by refusing.
        if answer.status == 400, pageCount != nil { answer = try client.send(request(.path(path))) }
        guard answer.status == 200 else { return answer }
        while true {
            visited.insert(answer.address.text)
            let names = try names(type, answer)
            var newCount = 0
            for name in names where seen.insert(ExactText(name)).inserted {
                newCount += 1
                try body(name)
            }
            emptyCount = newCount == 0 ? emptyCount + 1 : 0
            guard let next = try next(answer), !visited.contains(next.text), names.isEmpty || newCount > 0,
                emptyCount <= Self.mostEmptyPages
            else { return nil }
            answer = try client.send(request(.url(next)))
            guard answer.status == 200 else { throw answer.refusal() }
        }
    }

    private func request(_ target: RegistryRequest.Target) -> RegistryRequest {
        var request = RegistryRequest(
            method: .GET, target: target, headers: [("Accept", mediaType)], authorization: .registry([scope]),
            reading: .document(limit: Self.maxBytes))
        request.halt = halt
        // On an object store each page may walk all of it.
        request.isSlow = true
        return request
    }

    private func names<Page: ListedPage>(_ type: Page.Type, _ answer: RegistryAnswer) throws(DistributionError) -> [String] {
        let bytes = try answer.body(upTo: Self.maxBytes)
        do {
            return try decodeDocument(type, from: bytes, limits: DocumentLimits(maxBytes: Self.maxBytes)).names
        } catch {
            throw .badDocument(answer.line.url, error)
        }
    }

    private func next(_ answer: RegistryAnswer) throws(DistributionError) -> WebAddress? {
        guard let text = NextPage.target(in: answer.head.all("Link")) else { return nil }
        let next: WebAddress
        do { next = try answer.address.resolving(text) } catch {
            throw .badAnswer(answer.line, detail: "of the next page's address, \(error.detail)")
        }
        try client.requireFollowable(next, from: answer.address.origin, answer.line)
        return next
    }
}

/// A page of a list of names.
protocol ListedPage: Decodable {
    var names: [String] { get }
}

/// A page of the catalog.
struct CatalogPage: ListedPage {
    /// Some write null for none.
    let repositories: [String]?

    var names: [String] { repositories ?? [] }
}

/// A page of a repository's tags.
struct TagPage: ListedPage {
    /// Null where all of them were deleted.
    let tags: [String]?

    var names: [String] { tags ?? [] }
}

/// A page of the list of what refers to a manifest, which is an index.
struct ReferrerPage: ListedPage {
    let manifests: [Descriptor]?

    var names: [String] { (manifests ?? []).map(\.digest.description) }
}
