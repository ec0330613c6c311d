import Testing
import TextValues

@Suite struct SignalNameTests {
    @Test(arguments: [
        ("SIGTERM", "TERM"), ("term", "TERM"), ("15", "TERM"), ("SIGIOT", "ABRT"), ("CLD", "CHLD"), ("poll", "IO"),
        ("UNUSED", "SYS"),
        ("RTMIN", "34"), ("SIGRTMIN+3", "37"), ("rtmax-1", "63"), ("RTMAX", "64"), ("64", "64"), ("33", "33"),
    ])
    func aSignalHasOneName(text: String, expected: String) {
        #expect(SignalName(text)?.text == expected)
    }

    @Test(arguments: ["", "0", "65", "-1", "SIG", "SIGSIGTERM", "FOO", "RTMIN+31", "RTMAX+1", "RTMIN+x", "TERM "])
    func whatIsNoSignalIsNone(text: String) {
        #expect(SignalName(text) == nil)
    }
}
