import Distribution
import Testing

@Suite struct AddressTextTests {
    @Test(arguments: [
        ("https://host.test/v2/", "https://host.test/v2/"), ("https://me:s3cret@host.test/v2/", "https://host.test/v2/"),
        ("https://me:s@cret@host.test:5000", "https://host.test:5000"), ("me:s3cret@host.test/x", "host.test/x"),
        ("http:me:s3cret@127.0.0.1:1/x", "127.0.0.1:1/x"), ("http:/me:s3cret@host.test", "host.test"),
        ("http://me:s3c/ret@host.test/x", "http://host.test/x"), ("http://me:s3c?ret@host.test", "http://host.test"),
        ("http://me:s3c#ret@host.test", "http://host.test"), ("http://[me:s3cret@host.test/x", "http://host.test/x"),
        ("https://host.test/@scope/x", "https://host.test/@scope/x"), ("host.test/a/b", "host.test/a/b"),
        ("http://[::1]:5000/x@y", "http://[::1]:5000/x@y"), ("", ""), ("@", ""), ("http://me:s3cret@", "http://"),
    ]) func aUserPartIsNotShown(text: String, shown: String) {
        #expect(AddressText.withoutUser(text) == shown)
    }
}
