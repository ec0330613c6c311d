// https://packaging.python.org/en/latest/specifications/recording-installed-packages/

import TextValues

/// Python's installed distributions: a metadata file, and beside it the list of what was installed.
enum PythonMetadata {
    /// Reads the distribution that the metadata file at `path` describes; `document` gives the file at a path.
    static func read(
        _ bytes: [UInt8], at path: [UInt8], into findings: inout Findings, document: ([UInt8]) -> [UInt8]?
    ) {
        guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
        guard let (name, version) = header(bytes) else { return findings.add(.damaged, at: path) }
        let files = files(path, document, &findings)
        findings.add(
            InstalledPackage(.pip, name: name, version: version, files: files, place: PathWalk.split(path).parent), from: path)
    }

    private static func header(_ bytes: [UInt8]) -> (name: String, version: String)? {
        var name: String?
        var version: String?
        for line in RecordLines(bytes) {
            // The description follows an empty line.
            guard !line.isEmpty, name == nil || version == nil else { break }
            switch RecordText.field(line) {
            case ("Name", let value)?: name = value
            case ("Version", let value)?: version = value
            default: break
            }
        }
        guard let name, let version, !name.isEmpty else { return nil }
        return (name, version)
    }

    private static func files(
        _ path: [UInt8], _ document: ([UInt8]) -> [UInt8]?, _ findings: inout Findings
    ) -> InstalledPackage.Files {
        let info = PathWalk.split(path).parent
        var files = FileList()
        let record = info + Array("/RECORD".utf8)
        if let bytes = document(record) {
            // Names are as seen from the folder that all distributions lie in.
            if !addFirstFields(of: bytes, to: &files, in: files.addFolder(PathWalk.split(info).parent)) {
                findings.add(.damaged, at: record)
            }
            return .listed(files)
        }
        let list = info + Array("/installed-files.txt".utf8)
        if let bytes = document(list) {
            let folder = files.addFolder(info)
            for line in RecordLines(bytes) where !line.isEmpty { files.add(line, in: folder) }
            files.add(path[info.count...].drop { $0 == UInt8(ascii: "/") }, in: folder)
            if bytes.contains(0) { findings.add(.damaged, at: list) }
            return .listed(files)
        }
        // A list is missing where a system's package brought the files: those are that package's.
        guard path.ends(with: ".egg-info") else { return .directory(info) }
        files.add(path, in: files.addFolder([]))
        return .listed(files)
    }

    /// Adds the first field of each row of a CSV file (RFC 4180), quoted where it has a comma or a quote; whether all were read.
    private static func addFirstFields(of csv: [UInt8], to files: inout FileList, in folder: Int) -> Bool {
        let quote = UInt8(ascii: "\"")
        var isWhole = !csv.contains(0)
        for line in RecordLines(csv) {
            guard let first = line.first else { continue }
            guard first == quote else {
                files.add(line.prefix { $0 != UInt8(ascii: ",") }, in: folder)
                continue
            }
            var field: [UInt8] = []
            var at = line.startIndex + 1
            var isClosed = false
            while at < line.endIndex, !isClosed {
                if line[at] == quote {
                    isClosed = at + 1 == line.endIndex || line[at + 1] != quote
                    at += 1
                    if isClosed { break }
                }
                field.append(line[at])
                at += 1
            }
            if isClosed { files.add(field, in: folder) } else { isWhole = false }
        }
        return isWhole
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: String) -> Bool { self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
}
