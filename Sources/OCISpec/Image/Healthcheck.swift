// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#image-json-field-descriptions (Healthcheck)

/// How Docker tells whether a container works.
package struct Healthcheck: Hashable, Sendable, Codable {
    /// The command: `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", "…"]`.
    package var test: [String]?
    /// The time between two checks, in nanoseconds.
    package var interval: Int64?
    /// The time a check may take, in nanoseconds.
    package var timeout: Int64?
    /// The time in which failures do not count, in nanoseconds.
    package var startPeriod: Int64?
    /// The time between two checks during the start period, in nanoseconds.
    package var startInterval: Int64?
    /// How many failures in a row make a container unhealthy.
    package var retries: Int?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case startPeriod = "StartPeriod"
        case startInterval = "StartInterval"
        case retries = "Retries"
    }

    /// A check in which nothing is set.
    package init() {}

    /// Decodes a check.
    package init(from decoder: any Decoder) throws {
        let fields = try SpecFields<CodingKeys>(decoder)
        test = try fields.decodeIfPresent([String].self, forKey: .test)
        interval = try fields.decodeIfPresent(Int64.self, forKey: .interval)
        timeout = try fields.decodeIfPresent(Int64.self, forKey: .timeout)
        startPeriod = try fields.decodeIfPresent(Int64.self, forKey: .startPeriod)
        startInterval = try fields.decodeIfPresent(Int64.self, forKey: .startInterval)
        retries = try fields.decodeIfPresent(Int.self, forKey: .retries)
    }
}
