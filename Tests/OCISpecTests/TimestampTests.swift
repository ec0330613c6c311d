import OCISpec
import Testing

@Suite("moments")
struct TimestampTests {
    @Test(
        "what RFC 3339 allows",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0), ("2024-02-29T12:34:56Z", 1_709_210_096, 0),
            ("2024-02-29T12:34:56.789Z", 1_709_210_096, 789_000_000), ("2024-02-29T14:34:56+02:00", 1_709_210_096, 0),
            ("2024-02-29T04:04:56.000000001-08:30", 1_709_210_096, 1), ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("1969-12-31T23:59:59z", -1, 0), ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0), ("2024-02-29t12:34:56.1234567899999Z", 1_709_210_096, 123_456_789),
        ])
    func allowed(_ text: String, _ seconds: Int64, _ nanoseconds: Int) {
        #expect(Timestamp(parsing: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(
        "what it does not",
        arguments: [
            "", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+0200", "2024-01-01T00:00:00Zx", "2024-1-1T0:0:0Z",
            "２０２４-01-01T00:00:00Z",
        ])
    func notAllowed(_ text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test(
        "unknown moments",
        arguments: [
            nil, "", "yesterday", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z",
            "1970-01-01T01:00:00+01:00", "1980-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "1980-01-01T00:00:00+14:00",
            "1980-01-01T00:00:00-12:00", "2024-03-01T00:05:01Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        ])
    func unknown(_ text: String?) {
        #expect(Timestamp.known(text, now: Self.now) == nil)
    }

    @Test(
        "a real moment is known",
        arguments: ["2024-02-29T12:34:56Z", "1979-12-30T00:00:00Z", "1980-01-03T00:00:00Z", "2024-03-01T00:04:00Z"])
    func known(_ text: String) {
        #expect(Timestamp.known(text, now: Self.now) == Timestamp(parsing: text))
    }

    /// 2024-03-01.
    private static let now = Timestamp(seconds: 1_709_251_200)

    @Test(
        "the text in UTC parses to the same moment",
        arguments: [
            "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "2000-02-29T00:00:00Z", "2024-12-31T23:59:59.000000001Z",
            "9999-12-31T23:59:59Z",
        ])
    func describes(_ text: String) {
        #expect(Timestamp(parsing: text)?.description == text)
    }

    @Test("every day of 400 years is described as it was parsed")
    func everyDay() throws {
        var day = try #require(Timestamp(parsing: "1899-12-31T06:00:00Z"))
        for _ in 0..<146_097 {
            day = Timestamp(seconds: day.seconds + 86_400)
            if Timestamp(parsing: day.description) != day {
                Issue.record("\(day.seconds): \(day)")
                break
            }
        }
    }

    @Test("nanoseconds order moments of one second")
    func order() {
        #expect(Timestamp(seconds: 5, nanoseconds: 1) < Timestamp(seconds: 5, nanoseconds: 2))
    }

    @Test func anEarlierMomentBorrowsFromTheSecond() {
        let moment = Timestamp(seconds: 100, nanoseconds: 250_000_000)
        #expect(moment.earlier(by: .milliseconds(500)) == Timestamp(seconds: 99, nanoseconds: 750_000_000))
        #expect(moment.earlier(by: .seconds(7)) == Timestamp(seconds: 93, nanoseconds: 250_000_000))
    }
}
