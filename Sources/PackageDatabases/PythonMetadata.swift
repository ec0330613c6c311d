// https://packaging.python.org/en/latest/specifications/recording-installed-packages/

/// Python's installed distributions: a metadata file, and beside it the list of what was installed.
enum PythonMetadata {
    /// The distribution that the metadata file at `path` describes; `document` gives the file at a path.
    static func packages(_ bytes: [UInt8], at path: [UInt8], document: ([UInt8]) -> [UInt8]?) -> [InstalledPackage] {
        guard let (name, version) = header(bytes) else { return [] }
        return [InstalledPackage(.pip, name: name, version: version, files: files(path, document))]
    }

    private static func header(_ bytes: [UInt8]) -> (name: String, version: String)? {
        var name: String?
        var version: String?
        for line in RecordText.lines(bytes) {
            // The description follows an empty line.
            guard !line.isEmpty, name == nil || version == nil else { break }
            switch RecordText.field(line) {
            case ("Name", let value)?: name = value
            case ("Version", let value)?: version = value
            default: break
            }
        }
        guard let name, let version else { return nil }
        return (name, version)
    }

    private static func files(_ path: [UInt8], _ document: ([UInt8]) -> [UInt8]?) -> InstalledPackage.Files {
        let info = RecordText.folder(of: path)
        if let record = document(info + Array("/RECORD".utf8)) {
            let site = RecordText.folder(of: info)
            return .paths(firstFields(record).map { RecordText.normalized($0, below: site) })
        }
        if let installed = document(info + Array("/installed-files.txt".utf8)) {
            let lines = installed.split(separator: UInt8(ascii: "\n"))
            return .paths(lines.map { RecordText.normalized($0, below: info) } + [path])
        }
        // A list is missing where a system's package brought the files: those are that package's.
        return path.ends(with: ".egg-info") ? .paths([path]) : .directory(info)
    }

    /// The first field of each row of a CSV file (RFC 4180): quoted where it has a comma or a quote.
    private static func firstFields(_ csv: [UInt8]) -> [[UInt8]] {
        let quote = UInt8(ascii: "\"")
        return RecordText.lines(csv).compactMap { line in
            guard let first = line.first else { return nil }
            guard first == quote else { return Array(line.prefix { $0 != UInt8(ascii: ",") }) }
            var field: [UInt8] = []
            var at = line.startIndex + 1
            while at < line.endIndex {
                if line[at] == quote {
                    guard at + 1 < line.endIndex, line[at + 1] == quote else { break }
                    at += 1
                }
                field.append(line[at])
                at += 1
            }
            return field
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}
