internal import CNcurses

extension Key {
    /// A key as ncurses read it; nil for one that means nothing here.
    init?(_ read: strata_key) {
        switch Int(read.kind) {
        case STRATA_KEY_CHARACTER:
            guard let key = Self.typed(read.character) else { return nil }
            self = key
        case STRATA_KEY_ENTER: self = .enter
        case STRATA_KEY_BACKSPACE: self = .backspace
        case STRATA_KEY_BACK_TAB: self = .backTab
        case STRATA_KEY_UP: self = .up
        case STRATA_KEY_DOWN: self = .down
        case STRATA_KEY_LEFT: self = .left
        case STRATA_KEY_RIGHT: self = .right
        case STRATA_KEY_PAGE_UP: self = .pageUp
        case STRATA_KEY_PAGE_DOWN: self = .pageDown
        case STRATA_KEY_HOME: self = .home
        case STRATA_KEY_END: self = .end
        case STRATA_KEY_DELETE: self = .delete
        case STRATA_KEY_CLICK: self = .click(row: Int(read.row), column: Int(read.column))
        case STRATA_KEY_WHEEL_UP: self = .wheel(-3)
        case STRATA_KEY_WHEEL_DOWN: self = .wheel(3)
        default: return nil
        }
    }

    /// A character that was typed; the ones that terminals send for other keys are those keys.
    static func typed(_ value: UInt32) -> Key? {
        switch value {
        case 0x0A, 0x0D: return .enter
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x1B: return .escape
        case 1...26: return Unicode.Scalar(value + 0x60).map { .control(Character($0)) }
        case 0..<0x20, 0x80..<0xA0: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }
}
