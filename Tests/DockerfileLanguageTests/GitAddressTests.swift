import DockerfileLanguage
import Testing

@Suite struct GitAddressTests {
    @Test(arguments: [
        ("https://h/a.git", "https://h/a.git", String?.none, [String]()),
        ("https://h/a.git#main", "https://h/a.git", "main", []),
        ("http://h/a.git#v1:sub/dir", "http://h/a.git", "v1", ["sub", "dir"]),
        ("git://h/a#:sub", "git://h/a", nil, ["sub"]),
        ("git@h:o/a.git#feature/x:./s/", "git@h:o/a.git", "feature/x", ["s"]),
        ("ssh://git@h:22/a", "ssh://git@h:22/a", nil, []),
    ]) func repositories(_ text: String, _ url: String, _ reference: String?, _ folder: [String]) throws {
        let address = try #require(try GitAddress(text))
        #expect(address.url == url && address.reference == reference && address.folder == folder)
    }

    @Test(arguments: [
        "context", "./a.git", "/srv/a.git", "https://h/a.tar.gz", "https://h/x?y=a.git", "file:///srv/a.git", "ext::sh -c true",
        "ext://x", "-u@h:x", "git@-oProxyCommand=x:y", "ssh://-oProxyCommand=x/y", "--upload-pack=x", "fd::17", "git@h::x",
        "a b@h:x",
        "https://h/a b.git", "git@h:x\ny",
    ]) func others(_ text: String) throws {
        #expect(try GitAddress(text) == nil)
    }

    @Test func filesAreForCommandLinesAlone() throws {
        #expect(try GitAddress("file:///srv/a.git#main", takesFiles: true)?.url == "file:///srv/a.git")
        #expect(try GitAddress("file://relative.git", takesFiles: true) == nil)
    }

    @Test(arguments: [
        "--upload-pack=x", "-x", "+main", "a:../c", "*", "refs/heads/*", "a..b", "a b", "a^", "a~1", "HEAD@{1}", ":..",
        "main:a/../../b",
    ]) func wrongFragments(_ fragment: String) {
        #expect(throws: GitAddress.Problem.self) { try GitAddress("https://h/a.git#\(fragment)") }
    }
}
