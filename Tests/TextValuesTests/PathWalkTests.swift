import TestSupport
import Testing
import TextValues

@Suite struct PathWalkTests {
    @Test(arguments: [
        ("", "."), (".", "."), ("..", ".."), ("/", "/"), ("abc", "abc"), ("abc/", "abc"), ("../", ".."), ("//abc", "/abc"),
        ("abc//def//ghi", "abc/def/ghi"), ("abc/./def", "abc/def"), ("/./abc/def", "/abc/def"), ("abc/def/..", "abc"),
        ("abc/def/../..", "."), ("/abc/def/../..", "/"), ("abc/def/../../..", ".."), ("/abc/def/../../..", "/"),
        ("abc/def/../../../ghi/jkl/../../../mno", "../../mno"), ("abc//./../def", "def"), ("abc/../../././../def", "../../def"),
        ("a/\u{301}/..", "a"), ("...", "..."),
    ])
    func theShortestPathIsThatOfGo(path: String, expected: String) {
        #expect(PathWalk.shortened(path).utf8.elementsEqual(expected.utf8))
    }

    /// Where a path leads in a tree without symlinks, part by part.
    private static func place(_ path: String, from start: [Substring]) -> [Substring] {
        var here = path.hasPrefix("/") ? [] : start
        for part in path.split(separator: "/") where part != "." {
            if part != ".." { here.append(part) } else if !here.isEmpty { here.removeLast() }
        }
        return here
    }

    @Test(arguments: 0..<10) func aCleanPathLeadsWhereThePathLeads(seed: Int) {
        var random = SeededNumbers(seed: seed)
        for _ in 0..<500 {
            let path = (0..<random.number(0...8)).map { _ in random.one(of: ["a", "b", ".", "..", "/", "/", "/"]) }.joined()
            let folder = (0..<random.number(0...3)).map { _ in random.one(of: ["x", "y", "..", "."]) }.joined(separator: "/")
            let start = Self.place(folder, from: [])
            let expected = Self.place(path, from: start).joined(separator: "/")
            #expect(PathWalk.cleaned(path.utf8, below: Array(folder.utf8)) == Array(expected.utf8), "\(path) below \(folder)")
            let short = PathWalk.shortened(path)
            #expect(
                Self.place(short, from: ["1", "2", "3", "4", "5", "6", "7", "8"])
                    == Self.place(path, from: ["1", "2", "3", "4", "5", "6", "7", "8"]), "\(path)")
            #expect(PathWalk.shortened(short) == short, "\(path)")
        }
    }

    @Test func aSymlinkLeadsOnWithinTheRoot() {
        let links = ["a": "b/c", "b/c": "../d", "loop": "loop", "top": "/x", "d/up": "../../../y"].reduce(
            into: [[UInt8]: [UInt8]]()
        ) {
            $0[Array($1.key.utf8)] = Array($1.value.utf8)
        }
        func resolved(_ path: String, followsLast: Bool = true) -> String? {
            PathWalk.resolve(Array(path.utf8), followsLast: followsLast) { links[$0] }.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(resolved("a/file") == "d/file")
        #expect(resolved("a") == "d")
        #expect(resolved("a", followsLast: false) == "a")
        #expect(resolved("top/../z") == "z")
        #expect(resolved("a/up/z") == "y/z")
        #expect(resolved("loop/x") == nil)
        #expect(resolved("loop", followsLast: false) == "loop")
    }
}
