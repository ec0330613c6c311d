// https://manpages.debian.org/bookworm/dpkg/dpkg-query.1.en.html
// https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html

/// Debian's packages: paragraphs of `Key: value` lines, and a list of paths for each.
enum DpkgDatabase {
    /// The packages of a `status` file that have files on the disk; `list` gives the path list of `NAME` or `NAME:ARCH`.
    static func packages(status bytes: [UInt8], list: (String) -> [UInt8]?) -> [InstalledPackage] {
        paragraphs(bytes).compactMap { fields in
            guard let name = fields["Package"], let version = fields["Version"], isUnpacked(fields["Status"]) else { return nil }
            let architecture = fields["Architecture"]
            // One of a package that several architectures may have at once is named with its own.
            let lines = architecture.flatMap { list("\(name):\($0)") } ?? list(name) ?? []
            return InstalledPackage(
                .deb, name: name, version: version, architecture: architecture, files: .paths(paths(lines)))
        }
    }

    /// The packages of one file of `status.d`, with the checksums file beside it.
    static func packages(part bytes: [UInt8], sums: [UInt8]?) -> [InstalledPackage] {
        let paths = RecordText.lines(sums ?? []).compactMap { line -> [UInt8]? in
            // `d41d8cd9… usr/bin/x`, two blanks between.
            guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
            return RecordText.normalized(RecordText.trimmed(line[blank...]))
        }
        return paragraphs(bytes).compactMap { fields in
            guard let name = fields["Package"], let version = fields["Version"] else { return nil }
            return InstalledPackage(
                .deb, name: name, version: version, architecture: fields["Architecture"], files: .paths(paths))
        }
    }

    /// Whether its files are there: removed packages keep a paragraph as long as their configuration stays.
    private static func isUnpacked(_ status: String?) -> Bool {
        guard let state = status?.split(separator: " ").last else { return true }
        return state != "not-installed" && state != "config-files"
    }

    private static func paths(_ list: [UInt8]) -> [[UInt8]] {
        list.split(separator: UInt8(ascii: "\n")).compactMap { line in
            // `/.` is the root.
            let path = line.drop { $0 == UInt8(ascii: "/") }
            return path.elementsEqual(".".utf8) ? nil : Array(path)
        }
    }

    private static let keys: Set<String> = ["Package", "Version", "Status", "Architecture"]

    private static func paragraphs(_ bytes: [UInt8]) -> [[String: String]] {
        var found: [[String: String]] = []
        var current: [String: String] = [:]
        for line in RecordText.lines(bytes) {
            if line.isEmpty {
                if !current.isEmpty { found.append(current) }
                current = [:]
            } else if let first = line.first,
                first == UInt8(ascii: "P") || first == UInt8(ascii: "V")
                    || first == UInt8(ascii: "S") || first == UInt8(ascii: "A"),
                let (key, value) = RecordText.field(line), keys.contains(key)
            {
                current[key] = value
            }
        }
        if !current.isEmpty { found.append(current) }
        return found
    }
}
