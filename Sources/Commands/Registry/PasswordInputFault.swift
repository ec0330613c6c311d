/// Why standard input is not taken for a password.
enum PasswordInputFault: Hashable, Sendable {
    case unreadable(errno: Int32)
    /// Bytes that a password may have.
    case tooLong(limit: Int)
    case notText
}
