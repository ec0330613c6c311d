// https://man7.org/linux/man-pages/man2/poll.2.html

import CLinux
import Glibc
import StorageIO
import Synchronization

/// The life of a program, as the threads that read its streams see it.
///
/// A stream ends when nobody has its other side any more, and processes that a program left behind may have it for ever. So who reads
/// one also looks here: when the program has ended they have some `patience` left to write something.
final class ProgramLife: Sendable {
    /// Seconds that streams are read for when their program has ended, as long as docker does.
    static let patience = 2.0

    /// Nothing is ever written to it: it ends with the program.
    fileprivate let reading: File
    private let writing: Mutex<File?>
    private let isHurried = Atomic(false)

    init() throws(RuntimeError) {
        let writing: File
        (reading, writing) = try Pipes.make()
        self.writing = Mutex(writing)
    }

    /// Says that the program has ended.
    func end() { writing.withLock { $0 = nil } }

    /// Says that nobody waits any longer for what others may write.
    func hurry() { isHurried.store(true, ordering: .relaxed) }

    /// Waits until a descriptor has something; false where the program ends before that.
    func waits(for file: File) -> Bool {
        while true {
            var events = [file.fd, reading.fd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let count = poll(&events, 2, -1)
            if count < 0, errno != EINTR { return false }
            if count > 0 { return events[0].revents & Int16(POLLIN) != 0 }
        }
    }

    fileprivate var mayWait: Bool { !isHurried.load(ordering: .relaxed) }
}

/// This side of a program's stream, read by one thread.
final class ProcessStream: @unchecked Sendable {
    /// Why nothing more is read.
    enum End {
        /// Nobody can write any more.
        case finished
        /// Nobody wants more.
        case unwanted
        /// The program has ended, and others may go on to write.
        case left
    }

    /// nil once it is closed.
    private(set) var file: File?
    private let life: ProgramLife
    private let patience: Double
    /// The longest time until who waits looks whether it still should, in milliseconds.
    private static let glance: Int32 = 50

    /// `patience` is for how many seconds it is read when the program has ended.
    init(_ file: File, of life: ProgramLife, patience: Double = ProgramLife.patience) {
        self.file = file
        self.life = life
        self.patience = patience
    }

    /// Closes it: who writes from now on is told that nobody reads.
    func close() { file = nil }

    /// Hands over what comes.
    ///
    /// All that the program itself wrote is read, however long `body` takes: when no more is waited for, what the stream holds at that
    /// moment still is.
    func read(_ body: (UnsafeRawBufferPointer) -> Bool) -> End {
        guard let file else { return .finished }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var deadline: Double?
        while true {
            var events = [pollfd(fd: file.fd, events: Int16(POLLIN), revents: 0)]
            if deadline == nil { events.append(pollfd(fd: life.reading.fd, events: 0, revents: 0)) }
            let count = poll(&events, nfds_t(events.count), deadline == nil ? -1 : Self.glance)
            if count < 0, errno != EINTR { return .finished }
            if count > 0, events[0].revents != 0 {
                guard let bytes = Self.some(of: file, buffer, buffer.count) else { return .finished }
                guard body(bytes) else { return .unwanted }
            }
            if count > 0, events.count > 1, events[1].revents != 0 { deadline = Self.seconds + patience }
            guard let deadline, Self.seconds >= deadline || !life.mayWait else { continue }
            var rest = Int(strata_waiting_bytes(file.fd))
            while rest > 0 {
                guard let bytes = Self.some(of: file, buffer, rest) else { return .finished }
                guard body(bytes) else { return .unwanted }
                rest -= bytes.count
            }
            return .left
        }
    }

    /// Up to `limit` bytes; nil at the end.
    ///
    /// A terminal whose last program has gone gives EIO.
    private static func some(of file: File, _ buffer: UnsafeMutableRawBufferPointer, _ limit: Int) -> UnsafeRawBufferPointer? {
        while true {
            let count = Glibc.read(file.fd, buffer.baseAddress, min(limit, buffer.count))
            if count < 0, errno == EINTR { continue }
            return count > 0 ? UnsafeRawBufferPointer(rebasing: buffer[..<count]) : nil
        }
    }

    private static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
