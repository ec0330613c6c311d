import ArgumentParser

/// Docker's flags that are on or off also take a value: `--pull=false`, `--no-cache=true`.
enum SwitchValues {
    private static let switches: [String: Set<String>] = [
        "build": ["--pull", "--no-cache", "--load", "--push", "--squash", "--check", "--quiet"]
    ]

    /// The words with `--flag=true` as the flag alone, and without `--flag=false`.
    static func resolved(_ words: [String]) throws(ValidationError) -> [String] {
        guard let known = words.first.flatMap({ switches[$0] }) else { return words }
        var kept: [String] = []
        for (place, word) in words.enumerated() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, known.contains(parts[0]), !words[..<place].contains("--") else {
                kept.append(word)
                continue
            }
            switch parts[1].lowercased() {
            case "true", "t", "1": kept.append(parts[0])
            case "false", "f", "0": continue
            default: throw ValidationError("`\(word)`: write true or false")
            }
        }
        return kept
    }
}
