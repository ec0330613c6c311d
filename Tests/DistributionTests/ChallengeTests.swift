import Distribution
import Testing

/// How a server asks who is there.
@Suite struct ChallengeTests {
    private func parsed(_ headers: String...) -> [String] {
        Challenge.parse(headers).map { challenge in
            ([challenge.scheme] + challenge.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        }
    }

    @Test func aTokenServerIsNamed() {
        let text = #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#
        #expect(
            parsed(text) == ["bearer realm=https://auth.example/token scope=repository:a/b:pull,push service=registry.example"])
    }

    @Test func severalStandInOneHeaderAndInSeveral() {
        #expect(parsed(#"Basic realm="a", Bearer realm="b""#) == ["basic realm=a", "bearer realm=b"])
        #expect(parsed("Negotiate", #"BASIC Realm="a""#) == ["negotiate", "basic realm=a"])
        #expect(parsed("Basic") == ["basic"])
    }

    @Test(arguments: [
        (#"Bearer realm = "a b" , service=c"#, "bearer realm=a b service=c"),
        (#"Bearer realm="a\"b\\c""#, #"bearer realm=a"b\c"#),
        (#"Bearer realm="never closed"#, "bearer realm=never closed"), ("Bearer realm=", "bearer realm="),
    ])
    func quotesAndBlanksAreReadAsTheyAreMeant(header: String, expected: String) {
        #expect(parsed(header) == [expected])
    }

    /// What a hostile server sends ends the reading, and never the program.
    @Test(arguments: ["", ",", "=", "\"", "= = =", ",,,a=,\"", "\\", "Bearer \"", "a=b=c"]) func nonsenseEnds(header: String) {
        _ = parsed(header)
    }
}
