import StorageIO

/// A few buffers that go round between one thread that fills them and one that reads them.
///
/// The bytes of a buffer belong to the filler from `acquire` to `publish`, and to the reader from `take` to its next
/// `take`; the monitor orders the hand-over.
final class BufferRing: @unchecked Sendable {
    private let monitor = Monitor()
    private let slotBytes: Int
    private let slots: UnsafeMutableRawBufferPointer
    private var lengths: [Int]
    /// Buffers published, and buffers given back, since the start.
    private var published = 0
    private var returned = 0
    private var isHeld = false
    private var isClosed = false
    private var isCancelled = false

    init(slotCount: Int = 4, slotBytes: Int = 1 << 20) {
        self.slotBytes = slotBytes
        slots = .allocate(byteCount: slotCount * slotBytes, alignment: 4096)
        lengths = Array(repeating: 0, count: slotCount)
    }

    deinit { slots.deallocate() }

    /// A buffer to fill, waiting for one; nil when the reader wants no more.
    func acquire() -> UnsafeMutableRawBufferPointer? {
        monitor.locked {
            while published - returned == lengths.count, !isCancelled { monitor.wait() }
            return isCancelled ? nil : slot(published)
        }
    }

    /// Hands the acquired buffer's first `count` bytes to the reader.
    func publish(_ count: Int) {
        monitor.locked {
            lengths[published % lengths.count] = count
            published += 1
            monitor.signal()
        }
    }

    /// The filler is done, well or badly: the reader still gets what was published.
    func close() {
        monitor.locked {
            isClosed = true
            monitor.signal()
        }
    }

    /// The next bytes, waiting for them; those taken before are given back.
    ///
    /// nil after the last.
    func take() -> UnsafeRawBufferPointer? {
        monitor.locked {
            if isHeld {
                returned += 1
                isHeld = false
                monitor.signal()
            }
            while published == returned, !isClosed { monitor.wait() }
            if published == returned { return nil }
            isHeld = true
            return UnsafeRawBufferPointer(rebasing: slot(returned)[..<lengths[returned % lengths.count]])
        }
    }

    /// The reader wants no more.
    func cancel() {
        monitor.locked {
            isCancelled = true
            monitor.signal()
        }
    }

    private func slot(_ number: Int) -> UnsafeMutableRawBufferPointer {
        let start = number % lengths.count * slotBytes
        return UnsafeMutableRawBufferPointer(rebasing: slots[start..<start + slotBytes])
    }
}
