import Distribution
import Testing

/// What a key in a file of credentials stands for.
@Suite struct RegistryKeyTests {
    @Test(
        arguments: [
            ("registry.example", "registry.example", nil), ("Registry.Example:443", "registry.example", nil),
            ("https://registry.example/v2/", "registry.example", nil), ("registry.example/v1/", "registry.example", nil),
            ("registry.example:5000/team/app/", "registry.example:5000", "team/app"),
            ("http://registry.example:80", "registry.example", nil),
            ("https://index.docker.io/v1/", "docker.io", nil), ("registry-1.docker.io", "docker.io", nil),
            ("docker.io/library", "docker.io", "library"), ("[::1]:5000", "[::1]:5000", nil),
        ] as [(String, String, String?)])
    func aKeyStandsForARegistryOrAPartOfOne(key: String, registry: String, part: String?) {
        let meaning = RegistryKey(key)
        #expect(meaning.registry == registry && meaning.part == part, "\(meaning)")
    }
}
