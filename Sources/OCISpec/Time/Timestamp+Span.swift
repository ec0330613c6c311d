extension Timestamp {
    /// The moment that lies `span` before this one.
    package func earlier(by span: Duration) -> Timestamp {
        let (seconds, attoseconds) = span.components
        let nanoseconds = self.nanoseconds - Int(attoseconds / 1_000_000_000)
        return nanoseconds < 0
            ? Timestamp(seconds: self.seconds - seconds - 1, nanoseconds: nanoseconds + 1_000_000_000)
            : Timestamp(seconds: self.seconds - seconds, nanoseconds: nanoseconds)
    }
}
