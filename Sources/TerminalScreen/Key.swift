/// What a person did at the terminal, one at a time.
package enum Key: Hashable, Sendable {
    /// A character that was typed, space too.
    case character(Character)
    /// Return.
    case enter
    /// Escape by itself.
    case escape
    /// Backspace, which some terminals send as Ctrl-H.
    case backspace
    /// Tab.
    case tab
    /// Tab with Shift.
    case backTab
    /// An arrow up.
    case up
    /// An arrow down.
    case down
    /// An arrow to the left.
    case left
    /// An arrow to the right.
    case right
    /// A page up.
    case pageUp
    /// A page down.
    case pageDown
    /// To the first.
    case home
    /// To the last.
    case end
    /// The key Delete, which never stands for Backspace.
    case delete
    /// A letter with Ctrl, in lower case.
    case control(Character)
    /// The left button, pressed in a cell of the screen; both count from 0.
    case click(row: Int, column: Int)
    /// The wheel, by this many lines; below 0 it goes up.
    case wheel(Int)
}
