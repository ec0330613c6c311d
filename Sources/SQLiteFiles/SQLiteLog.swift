// https://www.sqlite.org/fileformat2.html#the_write_ahead_log

/// What SQLite keeps beside a database while it is open, and an image may have caught.
package enum SQLiteLog {
    private static let headerBytes = 32
    private static let frameHeaderBytes = 24

    /// The database with what its write-ahead log has committed.
    ///
    /// As SQLite reads it: a log ends with the first frame that is not of its own run or whose sum is wrong, what comes after the
    /// last commit does not count, and a log without a right header is as good as none.
    package static func applied(_ log: [UInt8], to database: [UInt8]) -> [UInt8] {
        guard let header = Header(log) else { return database }
        let frameBytes = frameHeaderBytes + header.pageBytes
        var sum = header.sum
        var pending: [(page: Int, start: Int)] = []
        var result = database
        var at = headerBytes
        while at + frameBytes <= log.count {
            guard log[at + 8..<at + 16] == log[16..<24] else { break }
            sum.add(log[at..<at + 8], isBigEndian: header.isBigEndian)
            sum.add(log[at + frameHeaderBytes..<at + frameBytes], isBigEndian: header.isBigEndian)
            guard sum.first == word(log, at + 16), sum.second == word(log, at + 20) else { break }
            pending.append((Int(word(log, at)), at + frameHeaderBytes))
            let pageCount = Int(word(log, at + 4))
            if pageCount > 0 {
                // A commit says how many pages there are: never more than the database and the log have.
                guard pageCount <= (result.count + log.count) / header.pageBytes else { break }
                apply(pending, from: log, header.pageBytes, pageCount: pageCount, to: &result)
                pending = []
            }
            at += frameBytes
        }
        return result
    }

    /// Whether a rollback journal holds what a change that never ended has replaced.
    ///
    /// One that has ended is empty, or begins with zeros.
    package static func isUndone(journal: [UInt8]) -> Bool {
        journal.starts(with: [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7])
    }

    private static func apply(
        _ frames: [(page: Int, start: Int)], from log: [UInt8], _ pageBytes: Int, pageCount: Int, to database: inout [UInt8]
    ) {
        let size = pageCount * pageBytes
        if database.count < size { database += [UInt8](repeating: 0, count: size - database.count) }
        database.removeLast(database.count - size)
        for frame in frames where frame.page >= 1 && frame.page <= pageCount {
            let place = (frame.page - 1) * pageBytes
            database.replaceSubrange(place..<place + pageBytes, with: log[frame.start..<frame.start + pageBytes])
        }
    }

    fileprivate static func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private struct Header {
        let pageBytes: Int
        /// In which order the sums take the bytes of a word.
        let isBigEndian: Bool
        let sum: Sum

        /// Nil for a header that SQLite would not take.
        init?(_ log: [UInt8]) {
            guard log.count >= headerBytes else { return nil }
            let magic = word(log, 0)
            guard magic & ~1 == 0x377F_0682, word(log, 4) == 3_007_000 else { return nil }
            pageBytes = Int(word(log, 8))
            guard (512...65_536).contains(pageBytes), pageBytes.nonzeroBitCount == 1 else { return nil }
            isBigEndian = magic & 1 == 1
            var sum = Sum()
            sum.add(log[0..<24], isBigEndian: isBigEndian)
            guard sum.first == word(log, 24), sum.second == word(log, 28) else { return nil }
            self.sum = sum
        }
    }

    /// The running sum over all of a log.
    private struct Sum {
        private(set) var first: UInt32 = 0
        private(set) var second: UInt32 = 0

        /// Adds bytes, eight at a time.
        mutating func add(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
            bytes.withUnsafeBytes { bytes in
                var at = 0
                while at + 8 <= bytes.count {
                    let words = (
                        bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self),
                        bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                    )
                    first = first &+ (isBigEndian ? words.0.bigEndian : words.0.littleEndian) &+ second
                    second = second &+ (isBigEndian ? words.1.bigEndian : words.1.littleEndian) &+ first
                    at += 8
                }
            }
        }
    }
}
