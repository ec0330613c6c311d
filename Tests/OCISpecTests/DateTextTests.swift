import OCISpec
import Testing

struct DateTextTests {
    /// A clock two hours ahead.
    private func moment(_ text: String) -> String? {
        DateText.moment(text) { _ in 7200 }?.description
    }

    @Test(arguments: [
        ("2024-05-06T07:08:09Z", "2024-05-06T07:08:09Z"), ("2024-05-06T07:08:09.25+02:00", "2024-05-06T05:08:09.25Z"),
        ("2024-05-06T07:08:09", "2024-05-06T05:08:09Z"), ("2024-05-06T07:08:09.5", "2024-05-06T05:08:09.5Z"),
        ("2024-05-06T07:08", "2024-05-06T05:08:00Z"), ("2024-05-06T07", "2024-05-06T05:00:00Z"),
        ("2024-05-06", "2024-05-05T22:00:00Z"), ("2024-05-06Z", "2024-05-06T00:00:00Z"),
        ("2024-05-06-05:00", "2024-05-06T05:00:00Z"), ("2024-05-06T07:08Z", "2024-05-06T07:08:00Z"),
        ("1714979289", "2024-05-06T07:08:09Z"), ("1714979289.5", "2024-05-06T07:08:09.5Z"), ("0", "1970-01-01T00:00:00Z"),
    ])
    func datesAreReadAsDockerReadsThem(text: String, expected: String) {
        #expect(moment(text) == expected)
    }

    @Test(arguments: [
        "", "yesterday", "2024-05", "2024-13-01", "2024-02-30", "2024-05-06 07:08", "2024-05-06T", "2024-05-06T7",
        "2024-05-06T07:08:09+2", "2024-05-06X", "-5", "1714979289x", "2024-05-06T25", ".5", "99999999999999",
    ])
    func whatIsNoDateIsNone(text: String) {
        #expect(moment(text) == nil)
    }
}
