import Testing
import TextValues

struct DurationTextTests {
    @Test(arguments: [
        ("24h", Duration.seconds(86_400)), ("90m", .seconds(5400)), ("7d", .seconds(604_800)), ("2w", .seconds(1_209_600)),
        ("1h30m", .seconds(5400)), ("1.5h", .seconds(5400)), (".5s", .milliseconds(500)), ("0", .zero), ("0s", .zero),
        ("1d12h", .seconds(129_600)), ("250ms", .milliseconds(250)), ("3us", .microseconds(3)), ("3µs", .microseconds(3)),
        ("5ns", .nanoseconds(5)), ("1.0000000009s", .seconds(1)),
    ])
    func spansAreReadAsGoReadsThem(text: String, expected: Duration) {
        #expect(DurationText.duration(text) == expected)
    }

    @Test(arguments: [
        "", "h", "7", "7x", "-1h", "+1h", "1h ", " 1h", "1h30", ".", ".h", "1.2.3s", "1 h", "7D", "300y", "9999999999999w",
        "999999999999999999999s", "200000d",
    ])
    func whatIsNoSpanIsNone(text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    private static let spans: [(text: String, expected: Duration?)] = [
        ("1h30m", .seconds(5400)), ("1d", nil), ("2w", nil), (".5s", .milliseconds(500)), ("", nil),
    ]

    @Test(arguments: spans)
    func goHasNoDays(_ known: (text: String, expected: Duration?)) {
        #expect(DurationText.duration(known.text, hasDays: false) == known.expected)
    }
}
