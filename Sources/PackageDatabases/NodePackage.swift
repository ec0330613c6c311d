// https://docs.npmjs.com/cli/v10/configuring-npm/package-json

import FoundationEssentials
import TextValues

/// A package of Node.js: a folder of its own with a `package.json`.
enum NodePackage {
    private struct Manifest: Decodable {
        var name: String?
        var version: String?
    }

    /// No package of a registry comes near; a document that is larger would take many times that to be read.
    private static let maxBytes = 4 << 20

    /// Reads the `package.json` at `path`; one that has no name or no version is none of a package, but of a part of one.
    static func read(_ bytes: [UInt8], at path: [UInt8], into findings: inout Findings) {
        guard bytes.count <= maxBytes, findings.hasRoom else { return findings.add(.tooLarge, at: path) }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let manifest: Manifest
        do {
            manifest = try JSONDecoder().decode(
                Manifest.self, from: Data(bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...]))
        } catch {
            return findings.add(.damaged, at: path)
        }
        guard let name = manifest.name, let version = manifest.version else { return }
        let folder = PathWalk.split(path).parent
        findings.add(InstalledPackage(.npm, name: name, version: version, files: .directory(folder), place: folder), from: path)
    }
}
