import SettingsFile
import Testing

/// What a misspelt word may have been meant to be.
@Suite struct SuggestionTests {
    private static let words = ["max-size", "max-layer", "max-wasted", "min-efficiency"]

    @Test(arguments: [
        ("max-size", "max-size"), ("max-szie", "max-size"), ("maxsize", "max-size"), ("MAX-SIZE", "max-size"),
        ("min-eficiency", "min-efficiency"), ("max-waste", "max-wasted"),
    ])
    func theNearestWordIsMeant(text: String, meant: String) {
        #expect(Suggestion.nearest(to: text, among: Self.words) == meant)
    }

    @Test(arguments: ["", "frobnicate", "m"]) func whatIsTooFarFromAllMeansNone(text: String) {
        #expect(Suggestion.nearest(to: text, among: Self.words) == nil)
        #expect(Suggestion.nearest(to: text, among: []) == nil)
    }

    @Test func ofTwoAsNearTheFirstByNameIsMeant() {
        #expect(Suggestion.nearest(to: "abcx", among: ["abcz", "abcy"]) == "abcy")
    }
}
