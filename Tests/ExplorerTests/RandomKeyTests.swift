import Explorer
import TerminalScreen
import TestSupport
import Testing

/// Whatever is pressed on whatever screen: the explorer goes on, its lines fit, and its sums are true.
@Suite struct RandomKeyTests {
    private static let keys: [Key] =
        [
            .up, .down, .left, .right, .enter, .escape, .backspace, .tab, .backTab, .pageUp, .pageDown, .home, .end, .delete,
            .wheel(3), .wheel(-3), .control("d"), .control("u"), .control("l"),
        ] + "jkhlgGsnwycivrf/? d[]>10kB*eop".filter { $0 != "e" }.map { .character($0) }

    @Test(arguments: 1...6 as ClosedRange<UInt64>) func nothingThatIsPressedEndsIt(seed: UInt64) throws {
        var numbers = SplitMix64(seed: seed)
        let scene = try ExplorerScene()
        try scene.load(.base, .app)
        if seed.isMultiple(of: 3) {
            scene.explore("localhost/base:1", "localhost/app:1")
        } else {
            scene.explore("localhost/app:1")
        }
        for step in 0..<1500 {
            if numbers.next() % 50 == 0 {
                scene.size = ScreenSize(rows: Int(numbers.next() % 70), columns: Int(numbers.next() % 220))
            }
            if numbers.next() % 20 == 0 {
                scene.press(.click(row: Int(numbers.next() % 70), column: Int(numbers.next() % 220)))
            } else {
                scene.press(Self.keys[Int(numbers.next() % UInt64(Self.keys.count))])
            }
            #expect(scene.ending == nil, "step \(step)")
            let lines = scene.frame.lines
            #expect(lines.count <= max(scene.size.rows, 4))
            if let cursor = scene.frame.cursor { #expect(cursor.row >= 0 && cursor.row < scene.size.rows && cursor.column >= 0) }
            _ = scene.screen
        }
    }
}
