// https://manpages.debian.org/bookworm/dpkg/dpkg-query.1.en.html

/// Debian's packages: paragraphs of `Key: value` lines, and a list of paths for each.
struct DpkgDatabase {
    private let document: ([UInt8]) -> [UInt8]?
    private let diversions: DpkgDiversions
    /// Lists that are some package's already: what two packages share is the first one's.
    private var used: Set<[UInt8]> = []
    /// Where lists should be and are not.
    private var missing: [[UInt8]] = []

    /// A reader of the records that `document` gives by their paths.
    init(_ document: @escaping ([UInt8]) -> [UInt8]?, into findings: inout Findings) {
        self.document = document
        let place = Array("var/lib/dpkg/diversions".utf8)
        diversions = DpkgDiversions(document(place) ?? [])
        if diversions.isDamaged { findings.add(.damaged, at: place) }
    }

    /// Reads the `status` file at `path`.
    mutating func read(status bytes: [UInt8], at path: [UInt8], into findings: inout Findings) {
        var paragraphs = DpkgParagraphs(bytes)
        var isWhole = RecordText.isWholeText(bytes)
        while let paragraph = paragraphs.next() {
            guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
            guard let name = paragraph.name, !name.isEmpty else {
                isWhole = false
                continue
            }
            guard paragraph.isUnpacked else { continue }
            guard let version = paragraph.version else {
                isWhole = false
                continue
            }
            var files = FileList()
            if !addList(of: name, paragraph.architecture, to: &files, &findings), paragraph.hasList {
                missing.append(Self.list(of: name))
            }
            findings.add(
                InstalledPackage(
                    .deb, name: name, version: version, architecture: paragraph.architecture, files: .listed(files)),
                from: path)
        }
        if !isWhole || paragraphs.isDamaged { findings.add(.damaged, at: path) }
    }

    /// Reads a file of `status.d`, and the checksums file beside it, or the list where an installed package has it.
    mutating func read(part bytes: [UInt8], at path: [UInt8], into findings: inout Findings) {
        var paragraphs = DpkgParagraphs(bytes)
        var isWhole = !bytes.contains(0)
        var isEmpty = true
        while let paragraph = paragraphs.next() {
            guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
            isEmpty = false
            guard let name = paragraph.name, !name.isEmpty, let version = paragraph.version else {
                isWhole = false
                continue
            }
            var files = FileList()
            let hasSums = addSums(path + Array(".md5sums".utf8), of: name, to: &files, &findings)
            let hasList = addList(of: name, paragraph.architecture, to: &files, &findings)
            if !hasSums, !hasList { missing.append(path + Array(".md5sums".utf8)) }
            findings.add(
                InstalledPackage(
                    .deb, name: name, version: version, architecture: paragraph.architecture, files: .listed(files)),
                from: path)
        }
        if !isWhole || paragraphs.isDamaged || isEmpty { findings.add(.damaged, at: path) }
    }

    /// Tells which lists are missing, all together: an image without any has one remark.
    func finish(into findings: inout Findings) {
        if let first = missing.first { findings.add(.listMissing(count: missing.count), at: first) }
    }

    private static func list(of name: String) -> [UInt8] { Array("var/lib/dpkg/info/\(name).list".utf8) }

    /// Whether there is a list: `NAME:ARCH` where several architectures may have the package at once.
    private mutating func addList(
        of name: String, _ architecture: String?, to files: inout FileList, _ findings: inout Findings
    ) -> Bool {
        for path in [architecture.map { Self.list(of: "\(name):\($0)") }, Self.list(of: name)].compactMap(\.self) {
            guard let bytes = document(path) else { continue }
            guard used.insert(path).inserted else { return true }
            let root = files.addFolder([])
            var isWhole = RecordText.isWholeText(bytes)
            for line in RecordLines(bytes) {
                if line.isEmpty {
                    // The last end of a line has nothing behind it.
                    if line.startIndex < bytes.count { isWhole = false }
                    continue
                }
                // `/.` is the root.
                let listed = line.drop { $0 == UInt8(ascii: "/") }
                if !listed.isEmpty, !listed.elementsEqual(".".utf8) {
                    files.add(diversions.place(of: listed, of: name), in: root)
                }
            }
            if !isWhole { findings.add(.damaged, at: path) }
            return true
        }
        return false
    }

    /// Whether there is a file of checksums: `d41d8cd9…  usr/bin/x`, two blanks between.
    private mutating func addSums(
        _ path: [UInt8], of name: String, to files: inout FileList, _ findings: inout Findings
    ) -> Bool {
        guard let bytes = document(path) else { return false }
        guard used.insert(path).inserted else { return true }
        let root = files.addFolder([])
        var isWhole = !bytes.contains(0)
        for line in RecordLines(bytes) where !line.isEmpty {
            let listed = RecordText.trimmed(line.dropFirst(32)).drop { $0 == UInt8(ascii: "/") }
            guard line.count > 33, RecordText.isBlank(line[line.startIndex + 32]), !listed.isEmpty else {
                isWhole = false
                continue
            }
            files.add(diversions.place(of: listed, of: name), in: root)
        }
        if !isWhole { findings.add(.damaged, at: path) }
        return true
    }
}
