// https://docs.npmjs.com/cli/v10/configuring-npm/package-json

import FoundationEssentials

/// A package of Node.js: a folder of its own with a `package.json`.
enum NodePackage {
    private struct Manifest: Decodable {
        var name: String?
        var version: String?
    }

    /// The package whose `package.json` stands at `path`; none where it has neither name nor version, as in parts of one.
    static func packages(_ bytes: [UInt8], at path: [UInt8]) throws(PackageProblem) -> [InstalledPackage] {
        let manifest: Manifest
        do { manifest = try JSONDecoder().decode(Manifest.self, from: Data(bytes)) } catch {
            throw PackageProblem(path: path, reason: .damaged)
        }
        guard let name = manifest.name, let version = manifest.version else { return [] }
        return [InstalledPackage(.npm, name: name, version: version, files: .directory(RecordText.folder(of: path)))]
    }
}
