import Dispatch
import Foundation
import Synchronization

/// A way to a port of this machine on which every byte takes its time, however many there are; it ends with this object.
///
/// A connection itself is there at once: what is late is what goes over it.
final class SlowLink: Sendable {
    private let listener: LoopbackListener

    var port: Int { listener.port }
    var name: String { "127.0.0.1:\(port)" }

    /// Leads to a port, `delaySeconds` away in each direction.
    init(to port: Int, delaySeconds: Double) throws {
        listener = try LoopbackListener { near in
            guard let far = near.connect(to: port) else { return }
            let done = DispatchGroup()
            for (source, target) in [(near, far), (far, near)] {
                let belt = Belt()
                Self.work(done) { belt.load(from: source, delaySeconds) }
                Self.work(done) { belt.unload(to: target, source) }
            }
            done.wait()
            far.close()
        }
    }

    private static func work(_ group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
        group.enter()
        Thread.detachNewThread {
            body()
            group.leave()
        }
    }

    /// Bytes under way in one direction, each with the moment at which they arrive; nil is the end.
    private final class Belt: Sendable {
        private let parts = Mutex<[(moment: DispatchTime, bytes: [UInt8]?)]>([])
        private let count = DispatchSemaphore(value: 0)

        func load(from source: LoopbackConnection, _ delaySeconds: Double) {
            var isOpen = true
            while isOpen {
                let bytes = source.receive()
                isOpen = bytes != nil
                parts.withLock { $0.append((.now() + delaySeconds, bytes)) }
                count.signal()
            }
        }

        func unload(to target: LoopbackConnection, _ source: LoopbackConnection) {
            while true {
                count.wait()
                let (moment, bytes) = parts.withLock { $0.removeFirst() }
                guard let bytes else { return target.finishSending() }
                let now = DispatchTime.now()
                if moment > now { usleep(UInt32((moment.uptimeNanoseconds - now.uptimeNanoseconds) / 1000)) }
                guard target.send(bytes) else { return source.shut() }
            }
        }
    }
}
