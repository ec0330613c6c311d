import DockerfileLanguage
import LayerArchive
import StorageIO
import TextPatterns
import TextValues

/// Finds the files that a source of `COPY` or `ADD` means.
struct SourcePattern {
    /// As written, expanded: relative to the source's root, whether or not it begins with a slash.
    let text: [UInt8]

    /// Whether `**` means any number of folders, none too, as it does with `--parents`.
    var isDeep = false

    /// A file that it means, and the path by which it means it: of a symlink that is a source the file that it leads to, by the
    /// symlink's own name.
    struct Match {
        let file: SourceFile
        let path: [UInt8]

        /// What it is called where it goes.
        var name: [UInt8] { PathWalk.parts(path).last ?? [] }
    }

    /// Where a file that it means goes with its parent directories: all of its path, or what follows `/./` in the pattern.
    func pivoted(_ path: [UInt8]) -> [UInt8] {
        let written = text.split(separator: UInt8(ascii: "/"))
        guard let pivot = written.indices.first(where: { $0 > 0 && written[$0].elementsEqual(".".utf8) }) else { return path }
        let above = written[..<pivot].count { !$0.elementsEqual(".".utf8) }
        return PathWalk.joined(PathWalk.parts(path).dropFirst(above))
    }

    /// Whether it may mean several files.
    var isWildcard: Bool { text.contains { "*?[\\".utf8.contains($0) } }

    /// The files that it means, by path; symlinks are followed within the source, in the way as at the end.
    func files(in source: some CopySource) throws(BuildError) -> [Match] {
        let clean = PathWalk.cleaned(text)
        guard isWildcard else {
            let path = try PathWalk.resolve(clean, in: source)
            guard let file = try source.file(at: path) else { throw .noSuchSource(String(decoding: text, as: UTF8.self)) }
            return [Match(file: file, path: clean)]
        }
        var visited: Set<Visit> = []
        return try expand(try globs(PathWalk.parts(clean))[...], below: [], follows: true, in: source, &visited)
    }

    /// Where a file is; of a symlink where it leads, its own place for one that leads to itself.
    private func followed(_ file: SourceFile, in source: some CopySource) throws(BuildError) -> [UInt8] {
        guard file.kind == .symlink else { return file.path }
        do throws(BuildError) { return try PathWalk.resolve(file.path, in: source) } catch {
            guard case .symlinkLoop = error else { throw error }
            return file.path
        }
    }

    /// What one part of a pattern is.
    private enum Part {
        case glob(Glob, isLiteral: Bool)
        /// Any number of folders.
        case folders
    }

    /// A pattern for each part; all are read before a folder is looked into, so that a malformed one is always told.
    private func globs(_ parts: [[UInt8]]) throws(BuildError) -> [Part] {
        var found: [Part] = []
        for (place, part) in parts.enumerated() {
            if isDeep, part.elementsEqual("**".utf8), place < parts.count - 1 {
                found.append(.folders)
                continue
            }
            do throws(GlobError) {
                found.append(.glob(try Glob(part, .go), isLiteral: !part.contains { "*?[\\".utf8.contains($0) }))
            } catch {
                throw .badPattern(String(decoding: text, as: UTF8.self))
            }
        }
        return found
    }

    /// A folder in which what is left of the pattern was looked for.
    private struct Visit: Hashable {
        var partCount: Int
        var folder: [UInt8]
    }

    /// Looks into a folder once for each part, however many symlinks lead there: a tree of others may have many.
    ///
    /// `follows` holds until the first wildcard: behind that no symlink leads to a folder, as BuildKit has it.
    private func expand(
        _ parts: ArraySlice<Part>, below folder: [UInt8], follows: Bool, in source: some CopySource,
        _ visited: inout Set<Visit>
    ) throws(BuildError) -> [Match] {
        guard let part = parts.first, visited.insert(Visit(partCount: parts.count, folder: folder)).inserted else { return [] }
        guard let directory = try source.file(at: folder), directory.kind == .directory else { return [] }
        var found: [Match] = []
        let children = try source.children(of: folder)
        switch part {
        case .folders:
            found += try expand(parts.dropFirst(), below: folder, follows: false, in: source, &visited)
            for child in children where child.kind == .directory {
                found += try expand(parts, below: child.path, follows: false, in: source, &visited)
            }
        case .glob(let glob, let isLiteral):
            let follows = follows && isLiteral
            for child in children where glob.matches(child.name) {
                if parts.count > 1 {
                    let path = follows ? try followed(child, in: source) : child.path
                    found += try expand(parts.dropFirst(), below: path, follows: follows, in: source, &visited)
                } else {
                    let path = try followed(child, in: source)
                    // A symlink to nothing, or to itself, stays what it is.
                    let file = child.kind == .symlink ? try source.file(at: path) ?? child : child
                    found.append(Match(file: file, path: child.path))
                }
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
