// https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2

/// Alpine's packages: paragraphs of lines that begin with a letter and a colon.
enum ApkDatabase {
    /// Reads the `installed` file at `path`.
    static func read(_ bytes: [UInt8], at path: [UInt8], into findings: inout Findings) {
        var isWhole = RecordText.isWholeText(bytes)
        var current = Paragraph()
        for line in RecordLines(bytes) {
            if line.isEmpty {
                guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
                if !current.finish(into: &findings, from: path) { isWhole = false }
                current = Paragraph()
            } else if line.count > 1, line[line.startIndex + 1] == UInt8(ascii: ":") {
                current.add(line[line.startIndex], line.dropFirst(2))
            } else {
                isWhole = false
            }
        }
        if !current.finish(into: &findings, from: path) { isWhole = false }
        if !isWhole { findings.add(.damaged, at: path) }
    }

    private struct Paragraph {
        private var isEmpty = true
        private var name = ""
        private var version = ""
        private var architecture: String?
        private var files = FileList()
        private var folder: Int?

        mutating func add(_ letter: UInt8, _ value: ArraySlice<UInt8>) {
            isEmpty = false
            switch letter {
            case UInt8(ascii: "P"): name = RecordText.text(value)
            case UInt8(ascii: "V"): version = RecordText.text(value)
            case UInt8(ascii: "A"): architecture = RecordText.text(value)
            case UInt8(ascii: "F"): folder = files.addFolder(value)
            case UInt8(ascii: "R"):
                let place = folder ?? files.addFolder([])
                folder = place
                files.add(value, in: place)
            default: break
            }
        }

        /// Whether it is one of a package, or empty.
        func finish(into findings: inout Findings, from path: [UInt8]) -> Bool {
            if isEmpty { return true }
            guard !name.isEmpty else { return false }
            let package = InstalledPackage(
                .apk, name: name, version: version, architecture: architecture, files: .listed(files))
            findings.add(package, from: path)
            return true
        }
    }
}
