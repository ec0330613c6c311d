// https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2

/// Alpine's packages: paragraphs of lines that begin with a letter and a colon.
enum ApkDatabase {
    /// The packages of an `installed` file.
    static func packages(_ bytes: [UInt8]) -> [InstalledPackage] {
        var found: [InstalledPackage] = []
        var current = Paragraph()
        for line in RecordText.lines(bytes) {
            if line.isEmpty {
                current.finish(into: &found)
                current = Paragraph()
            } else if line.count > 1, line[line.startIndex + 1] == UInt8(ascii: ":") {
                current.add(line[line.startIndex], line.dropFirst(2))
            }
        }
        current.finish(into: &found)
        return found
    }

    private struct Paragraph {
        private var name = ""
        private var version = ""
        private var architecture: String?
        private var folder: [UInt8] = []
        private var paths: [[UInt8]] = []

        mutating func add(_ letter: UInt8, _ value: ArraySlice<UInt8>) {
            switch letter {
            case UInt8(ascii: "P"): name = RecordText.text(value)
            case UInt8(ascii: "V"): version = RecordText.text(value)
            case UInt8(ascii: "A"): architecture = RecordText.text(value)
            case UInt8(ascii: "F"): folder = RecordText.normalized(value)
            case UInt8(ascii: "R"): paths.append(folder.isEmpty ? Array(value) : folder + [UInt8(ascii: "/")] + value)
            default: break
            }
        }

        func finish(into packages: inout [InstalledPackage]) {
            guard !name.isEmpty else { return }
            packages.append(
                InstalledPackage(.apk, name: name, version: version, architecture: architecture, files: .paths(paths)))
        }
    }
}
