import Glibc

/// A thread of the system's own, that may block: Swift's cooperative pool is as small as the processor and must not.
///
/// Dispatch's queues will not do either: where `/proc` is not mounted, what watches their threads ends the process.
package struct PlainThread: ~Copyable {
    private let handle: pthread_t

    /// Starts `body`; nil when the system gives no more threads.
    package init?(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Job(body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                ProcessMemory.prepareHeap()
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            return nil
        }
        self.handle = handle
    }

    /// Waits until the thread's body has returned.
    package consuming func join() { pthread_join(handle, nil) }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// A plain thread that can stand in an array; `join` is called once, by one thread.
package final class ThreadHandle: @unchecked Sendable {
    private var thread: PlainThread?

    /// Starts `body`; nil when the system gives no more threads.
    package init?(_ body: @escaping @Sendable () -> Void) {
        guard let thread = PlainThread(body) else { return nil }
        self.thread = consume thread
    }

    /// Waits until the thread's body has returned.
    package func join() {
        if let thread = thread.take() { thread.join() }
    }
}
