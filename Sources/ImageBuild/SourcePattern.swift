import DockerfileLanguage
import LayerArchive
import StorageIO
import TextPatterns
import TextValues

/// Finds the files that a source of `COPY` or `ADD` means.
struct SourcePattern {
    /// As written, expanded: relative to the source's root, whether or not it begins with a slash.
    let text: [UInt8]

    /// Where a file that it means goes with its parent directories: all of its path, or what follows `/./` in the pattern.
    func pivoted(_ path: [UInt8]) -> [UInt8] {
        let written = text.split(separator: UInt8(ascii: "/"))
        guard let pivot = written.indices.first(where: { $0 > 0 && written[$0].elementsEqual(".".utf8) }) else { return path }
        let above = written[..<pivot].count { !$0.elementsEqual(".".utf8) }
        return PathWalk.joined(PathWalk.parts(path).dropFirst(above))
    }

    /// What a file that it means is called where it goes: as written, even if that is a symlink to the file.
    func name(_ file: SourceFile) -> [UInt8] {
        isWildcard ? Array(file.name) : PathWalk.parts(PathWalk.cleaned(text)).last ?? []
    }

    /// Whether it may mean several files.
    var isWildcard: Bool { text.contains { "*?[\\".utf8.contains($0) } }

    /// The files that it means, by path; symlinks in the way are followed, the last part only where nothing was a pattern.
    func files(in source: some CopySource) throws(BuildError) -> [SourceFile] {
        let clean = PathWalk.cleaned(text)
        guard isWildcard else {
            let path = try PathWalk.resolve(clean, in: source)
            guard let file = try source.file(at: path) else { throw .noSuchSource(String(decoding: text, as: UTF8.self)) }
            return [file]
        }
        var visited: Set<Visit> = []
        return try expand(try globs(PathWalk.parts(clean))[...], below: [], in: source, &visited)
    }

    /// A pattern for each part; all are read before a folder is looked into, so that a malformed one is always told.
    private func globs(_ parts: [[UInt8]]) throws(BuildError) -> [Glob] {
        do throws(GlobError) { return try parts.map { part throws(GlobError) in try Glob(part, .go) } } catch {
            throw .badPattern(String(decoding: text, as: UTF8.self))
        }
    }

    /// A folder in which what is left of the pattern was looked for.
    private struct Visit: Hashable {
        var partCount: Int
        var folder: [UInt8]
    }

    /// Looks into a folder once for each part, however many symlinks lead there: a tree of others may have many.
    private func expand(
        _ parts: ArraySlice<Glob>, below folder: [UInt8], in source: some CopySource, _ visited: inout Set<Visit>
    ) throws(BuildError) -> [SourceFile] {
        guard let part = parts.first, visited.insert(Visit(partCount: parts.count, folder: folder)).inserted else { return [] }
        guard let directory = try source.file(at: folder), directory.kind == .directory else { return [] }
        var found: [SourceFile] = []
        for child in try source.children(of: folder) where part.matches(child.name) {
            if parts.count == 1 {
                found.append(child)
            } else {
                let path = child.kind == .symlink ? try PathWalk.resolve(child.path, in: source) : child.path
                found += try expand(parts.dropFirst(), below: path, in: source, &visited)
            }
        }
        return found
    }
}

/// Looks a single file up in a source.
package enum SourceLookup {
    /// The file that `path` leads to, symlinks followed within the source; nil where there is none.
    package static func file(_ path: [UInt8], in source: any FileSource) throws(BuildError) -> SourceFile? {
        try source.file(at: try PathWalk.resolve(path, in: source))
    }
}
