import OCISpec
import Reports
import Testing

@Suite struct TextTests {
    private static let byteTexts: [(Int64, String)] = [
        (0, "0B"), (1, "1B"), (999, "999B"), (1000, "1kB"), (1234, "1.23kB"), (9_994, "9.99kB"), (9_996, "10kB"),
        (12_345, "12.3kB"), (99_960, "100kB"), (999_400, "999kB"), (999_600, "1MB"), (4_261_550, "4.26MB"),
        (1_000_000_000, "1GB"), (Int64.max, "9.22EB"),
    ]

    @Test(arguments: byteTexts)
    func bytesHaveThreeDigits(bytes: Int64, text: String) {
        #expect(ByteText.text(bytes) == text)
    }

    @Test func aRatioOfNothingIsNotANumber() {
        #expect(ByteText.percent(nil) == "n/a")
        #expect(ByteText.percent(1) == "100.0%")
        #expect(ByteText.percent(0.8855) == "88.6%")
    }

    @Test func pathsThatAreNotTextCanBeReadBack() {
        let (text, isExact) = PathText.text([0x61, 0xFF, 0x62, 0xC3, 0xA4])
        #expect(text == "a\\xFFbä")
        #expect(!isExact)
        #expect(PathText.text(Array("ä/b".utf8)).isExact)
    }

    @Test func controlCharactersCannotActOnATerminal() {
        #expect(PathText.display(Array("a\u{1B}[31mb\n".utf8)) == "a\\x1B[31mb\\x0A")
    }

    @Test func onlyTheMiddleOfAVeryLongWordIsLeftOut() {
        let long = String(repeating: "a", count: 250) + String(repeating: "é", count: 300) + String(repeating: "z", count: 250)
        let short = String(repeating: "a", count: 200) + "…" + String(repeating: "z", count: 200)
        #expect(PathText.shortened("no \(long) it is long") == "no \(short) it is long")
        #expect(PathText.shortened("short words") == "short words")
    }

    private static let ages: [(Int64, String)] = [
        (0, "Less than a second ago"), (1, "1 second ago"), (59, "59 seconds ago"), (60, "About a minute ago"),
        (180, "3 minutes ago"), (3600, "About an hour ago"), (86_400, "24 hours ago"), (259_200, "3 days ago"),
        (1_814_400, "3 weeks ago"), (7_776_000, "3 months ago"), (69_120_000, "2 years ago"),
    ]

    @Test(arguments: ages)
    func agesReadAsDockerWritesThem(seconds: Int64, text: String) {
        let now = Timestamp(seconds: 2_000_000_000)
        #expect(AgeText.text(Timestamp(seconds: now.seconds - seconds), now: now) == text)
    }

    @Test func anUnknownAgeIsNoAge() {
        #expect(AgeText.text(nil, now: Timestamp(seconds: 2_000_000_000)) == "N/A")
    }

    @Test func aTableKeepsToItsWidthAndCutsOnlyWhereItMay() {
        var table = TextTable([.init("N", .right), .init("WHAT", shrinksTo: 8)])
        table.add(["1", "short"])
        table.add(["22", "a very long text that has no room"])
        let lines = table.text(TextStyle(width: 20)).split(separator: "\n")
        #expect(lines == [" N  WHAT", " 1  short", "22  a very long tex…"])
    }

    @Test func colourOnlyRepeatsWhatTheWordsSay() {
        #expect(TextStyle(usesColor: false).paint("10MB", .bad) == "10MB")
        #expect(TextStyle(usesColor: true).paint("10MB", .bad) == "\u{1B}[31m10MB\u{1B}[0m")
    }

    @Test func historiesLongerAndShorterThanTheLayers() {
        let config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: []),
            history: [HistoryEntry(createdBy: "a"), HistoryEntry(createdBy: "b", emptyLayer: true)])
        let short = HistoryReport.rows(config, layerBytes: [1, 2])
        #expect(short.map(\.layer) == [0, nil, 1])
        #expect(short.map(\.createdBy) == ["a", "b", nil])
        #expect(HistoryReport.rows(config, layerBytes: []).map(\.layer) == [nil, nil])
    }
}
