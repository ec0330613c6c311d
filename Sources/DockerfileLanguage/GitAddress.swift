// https://docs.docker.com/build/concepts/context/#git-repositories

/// A git repository as a build names one: `https://…/a.git#REF:FOLDER`, `git@host:a.git`, `git://…`, `ssh://…`.
package struct GitAddress: Hashable, Sendable {
    /// What git is given, without the fragment.
    package let url: String
    /// A branch, a tag or a commit; nil for what the repository calls its head.
    package let reference: String?
    /// The parts of a folder's path in it; none for all of it.
    package let folder: [String]

    /// Why an address of a repository is none that can be fetched.
    package enum Problem: Error, Hashable {
        /// The reference has characters that no branch, tag or commit has, or that mean something else to git.
        case badReference(String)
        /// The folder leads out of the repository.
        case badFolder(String)
    }

    /// The schemes that git is ever to speak.
    package static let protocols = ["http", "https", "git", "ssh"]

    /// The repository that a text names; nil for what is none, such as a path or another address.
    ///
    /// As with BuildKit, `http` and `https` mean a repository where the path ends in `.git`. With `takesFiles`, which is for what a command
    /// line says and no Dockerfile, `file:///…` is one too.
    package init?(_ text: String, takesFiles: Bool = false) throws(Problem) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let place = parts.first, Self.isRepository(place, takesFiles: takesFiles) else { return nil }
        url = place
        let fragment = parts.count > 1 ? parts[1] : ""
        let words = fragment.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = words.first ?? ""
        guard Self.isReference(name) else { throw .badReference(name) }
        reference = name.isEmpty ? nil : name
        let path = words.count > 1 ? words[1] : ""
        folder = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !folder.contains("..") else { throw .badFolder(path) }
    }

    /// Whether the reference is a whole commit, which no branch is to stand in for.
    package var isCommit: Bool { reference.map { Self.isWholeCommit($0) } ?? false }

    /// Whether it is a repository of this machine.
    package var isOfFile: Bool { url.lowercased().hasPrefix("file:") }

    private static func isWholeCommit(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func isRepository(_ place: String, takesFiles: Bool) -> Bool {
        // A word that begins with a dash would be an option, and one with a control character two lines.
        guard place.utf8.first != UInt8(ascii: "-"), place.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return false }
        guard let end = place.firstRange(of: "://") else { return isRemoteShell(place) }
        let scheme = place[..<end.lowerBound].lowercased()
        let rest = place[end.upperBound...]
        guard !rest.isEmpty, rest.utf8.first != UInt8(ascii: "-") else { return false }
        switch scheme {
        case "http", "https": return rest.prefix { $0 != "?" }.hasSuffix(".git") || rest.hasSuffix(".git/")
        case "git", "ssh": return true
        case "file": return takesFiles && rest.utf8.first == UInt8(ascii: "/")
        default: return false
        }
    }

    /// `USER@HOST:PATH`.
    private static func isRemoteShell(_ place: String) -> Bool {
        let parts = place.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.first != UInt8(ascii: ":") else { return false }
        let words = parts[0].split(separator: "@", omittingEmptySubsequences: false)
        func isPlain(_ word: Substring) -> Bool {
            !word.isEmpty && word.utf8.first != UInt8(ascii: "-")
                && word.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || [45, 46, 95].contains(byte)
                }
        }
        return words.count == 2 && words.allSatisfy(isPlain)
    }

    /// Source: git-check-ref-format(1), and no refspec's signs.
    private static func isReference(_ name: String) -> Bool {
        if name.isEmpty { return true }
        guard name.utf8.first != UInt8(ascii: "-"), name.utf8.first != UInt8(ascii: "+") else { return false }
        let odd = Set(":?*[\\~^ ".utf8)
        return !name.contains("..") && !name.contains("@{") && name.utf8.allSatisfy { $0 > 32 && $0 != 127 && !odd.contains($0) }
    }
}
