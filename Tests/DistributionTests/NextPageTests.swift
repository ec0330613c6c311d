import Distribution
import Testing

/// Which page of a list is the next one.
@Suite struct NextPageTests {
    @Test(arguments: [
        (#"</v2/_catalog?last=b&n=2>; rel="next""#, "/v2/_catalog?last=b&n=2"),
        (#"<list?last=b,c&n=2>; rel=next"#, "list?last=b,c&n=2"),
        (#"<https://other.example/x?p=gA%3D%3D>; title="a, b"; REL="next last""#, "https://other.example/x?p=gA%3D%3D"),
        (#"</first>; rel="first", </second>; rel="next", </third>; rel="last""#, "/second"),
        (#"</v2/_catalog?last=b>;rel="next";"#, "/v2/_catalog?last=b"),
    ])
    func aTargetIsTakenAsItIsGiven(header: String, expected: String) {
        #expect(NextPage.target(in: [header]) == expected)
        #expect(NextPage.target(in: ["</x>; rel=\"prev\"", header]) == expected)
    }

    @Test(arguments: ["", "</x>", "</x>; rel=\"prev\"", "/x; rel=\"next\"", "</x; rel=\"next\"", "</x>; next=\"rel\""])
    func nothingElseIsATarget(header: String) {
        #expect(NextPage.target(in: [header]) == nil)
    }
}
