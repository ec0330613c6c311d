import LayerArchive
import TestSupport
import Testing

/// Names of members and of documents in one form.
struct MemberPathTests {
    @Test(arguments: [
        ("a/b", "a/b"), ("./a/b", "a/b"), ("/a//b/", "a/b"), ("a/./b", "a/b"), ("a/x/../b", "a/b"), ("", ""), (".", ""),
        ("a/..", ""), ("é", "é"), ("e\u{301}", "e\u{301}"),
    ])
    func aNameHasOneForm(_ name: String, _ path: String) {
        let found = MemberPath.parts(of: Array(name.utf8)).map(MemberPath.joined)
        #expect(found == Array(path.utf8))
    }

    @Test(arguments: ["..", "a/../..", "/..", "../a"]) func aNameMayLeaveTheRoot(_ name: String) {
        #expect(MemberPath.parts(of: Array(name.utf8)) == nil)
    }

    private static let links = [
        "l": "t", "d": "t/u", "t/up": "../x", "out": "../y", "abs": "/t/a", "a": "b", "b": "a", "self": "self/x",
        "t/far": "../../z",
    ]

    private func follow(_ name: String, clampsRoot: Bool = false) -> MemberPath.End {
        MemberPath.follow(Array(name.utf8), clampsRoot: clampsRoot) { path throws(Never) in
            Self.links[String(decoding: path, as: UTF8.self)].map { Array($0.utf8) }
        }
    }

    @Test(arguments: [
        ("l/a", "t/a"), ("d/a", "t/u/a"), ("t/up", "x"), ("l/up/q", "x/q"), ("none/a", "none/a"), ("d/x/../a", "t/u/a"),
    ])
    func linksAreFollowed(_ name: String, _ end: String) {
        #expect(follow(name) == .path(Array(end.utf8)))
    }

    @Test func aLinkMayLeaveTheRootOrGoInCircles() {
        #expect(follow("out") == .outside)
        #expect(follow("t/far") == .outside)
        #expect(follow("abs") == .outside)
        #expect(follow("abs", clampsRoot: true) == .path(Array("t/a".utf8)))
        #expect(follow("a") == .loop)
        #expect(follow("self") == .loop)
    }
}
