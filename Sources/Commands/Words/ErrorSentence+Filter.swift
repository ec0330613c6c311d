import ImageStorage
import TextValues

extension ImageFilterError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: ImageFilterError) {
        switch error {
        case .malformed(let text):
            self.init(
                code: "bad-filter", status: 2, message: "`\(text)` is not a valid filter",
                hint:
                    "a filter looks like `label=env=dev`, `until=24h` or `ref=team/*`; put it in quotes where it has `<`, `>`, `|` or `*`"
            )
        case .unknownKey(let key):
            self.init(
                code: "bad-filter", status: 2, message: "invalid filter '\(key)'",
                hint: Self.list("there are", ImageFilter.Key.allCases.map(\.rawValue)))
        case .wrongRelation(let key, let relation):
            self.init(
                code: "bad-filter", status: 2, message: "the filter `\(key.rawValue)` does not go with `\(relation.rawValue)`",
                hint: Self.list("write", key.relations.map { "`\(key.rawValue)\($0.rawValue)\(Self.example(key))`" }))
        case .badValue(let key, let value, let expected):
            self.init(
                code: "bad-filter", status: 2, message: "invalid filter value '\(value)' of '\(key.rawValue)'",
                hint: Self.words(expected))
        }
    }

    private static func example(_ key: ImageFilter.Key) -> String {
        switch key {
        case .reference: "team/*"
        case .label: "env=dev"
        case .dangling: "true"
        case .until: "24h"
        case .imported, .used: "7d"
        case .size: "500MB"
        case .before, .since: "busybox:latest"
        }
    }

    private static func words(_ expected: ImageFilterError.Expectation) -> String {
        switch expected {
        case .pattern: "it takes a pattern such as `busybox` or `registry.example.com/**`"
        case .label: "it takes a label, with a value or without: `env` or `env=dev`"
        case .boolean: "it takes `true` or `false`"
        case .spanOrDate: "it takes a span such as `90m`, `24h` or `7d`, or a date such as `2024-05-06` or `2024-05-06T07:08:09Z`"
        case .byteCount: "it takes a number of bytes such as `500MB` or `2GiB`"
        case .image: "it takes the name or the ID of an image in the store"
        }
    }
}
