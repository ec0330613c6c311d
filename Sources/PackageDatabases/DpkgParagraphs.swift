// https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html

/// What a paragraph of dpkg's says of a package.
struct DpkgParagraph {
    var name: String?
    var version: String?
    var architecture: String?
    private var state: String?

    init() {}

    /// Whether its files are there: removed packages keep a paragraph as long as their configuration stays.
    var isUnpacked: Bool { state != "not-installed" && state != "config-files" }
    /// Whether the list of its files must be there: what dpkg began to unpack may have none yet.
    var hasList: Bool { isUnpacked && state != "half-installed" }

    fileprivate mutating func set(_ key: String, _ value: String) {
        switch key {
        case "Package": name = value
        case "Version": version = value
        case "Architecture": architecture = value
        // `install ok installed`: the last word is what is.
        case "Status": state = value.split(separator: " ").last.map(String.init)
        default: break
        }
    }
}

/// The paragraphs of a file of dpkg's, one at a time.
struct DpkgParagraphs {
    private static let keys: Set<String> = ["Package", "Version", "Status", "Architecture"]
    private static let firstLetters = Set("PVSA".utf8)

    private var lines: RecordLines
    /// Whether a line so far is neither a field, nor goes on with one.
    private(set) var isDamaged = false

    init(_ bytes: [UInt8]) { lines = RecordLines(bytes) }

    /// The next paragraph; nil after the last.
    mutating func next() -> DpkgParagraph? {
        var paragraph = DpkgParagraph()
        var isEmpty = true
        while let line = lines.next() {
            guard let first = line.first else {
                if isEmpty { continue }
                return paragraph
            }
            let isFirst = isEmpty
            isEmpty = false
            if RecordText.isBlank(first) {
                // A field goes on.
                if isFirst { isDamaged = true }
            } else if !line.dropFirst().contains(UInt8(ascii: ":")) {
                isDamaged = true
            } else if Self.firstLetters.contains(first), let (key, value) = RecordText.field(line), Self.keys.contains(key) {
                paragraph.set(key, value)
            }
        }
        return isEmpty ? nil : paragraph
    }
}
