import AsyncHTTPClient
import Foundation
import NIOCore

/// The body of one request on its way out: read on the caller's thread, sent on the library's.
final class Upload: @unchecked Sendable {
    private let content: RegistryRequest.Body
    private let condition = NSCondition()
    private var writer: HTTPClient.Body.StreamWriter?
    private var promise: EventLoopPromise<Void>?

    private static let chunkBytes = 1 << 20

    init(_ content: RegistryRequest.Body) { self.content = content }

    deinit { promise?.succeed() }

    /// What the library gets; small bodies whole.
    var body: HTTPClient.Body {
        switch content {
        case .bytes(let bytes): .bytes(bytes)
        case .source(let source, let offset):
            .stream(contentLength: source.length - offset) { [self] writer in
                // The first write, of nothing, tells the loop to make the promise on.
                writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { [self] _, loop in
                    let promise = loop.makePromise(of: Void.self)
                    condition.withLock {
                        self.writer = writer
                        self.promise = promise
                        condition.broadcast()
                    }
                    return promise.futureResult
                }
            }
        }
    }

    /// Sends the body, until it ends or the server has answered.
    ///
    /// A write that fails is no error here: the exchange knows why.
    func run(_ exchange: Exchange) throws(DistributionError) {
        guard case .source(let source, let offset) = content else { return }
        guard let writer = waitForWriter(exchange) else { return }
        defer { finish() }
        var at = offset
        var pending: EventLoopFuture<Void>?
        while at < source.length, !exchange.isAnswered {
            let (chunk, count) = try Self.read(source, at)
            guard count > 0 else { break }
            at += Int64(count)
            do { try pending?.wait() } catch { return }
            pending = writer.write(.byteBuffer(chunk))
        }
        do { try pending?.wait() } catch {}
    }

    private static func read(_ source: any UploadSource, _ at: Int64) throws(DistributionError) -> (ByteBuffer, Int) {
        var chunk = ByteBufferAllocator().buffer(capacity: chunkBytes)
        var outcome: Result<Int, DistributionError> = .success(0)
        chunk.writeWithUnsafeMutableBytes(minimumWritableBytes: chunkBytes) { buffer in
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, chunkBytes)])
            do throws(DistributionError) {
                let count = try source.read(into: target, at: at)
                outcome = .success(count)
                return count
            } catch {
                outcome = .failure(error)
                return 0
            }
        }
        return (chunk, try outcome.get())
    }

    private func waitForWriter(_ exchange: Exchange) -> HTTPClient.Body.StreamWriter? {
        while true {
            let writer = condition.withLock {
                if self.writer == nil { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05)) }
                return self.writer
            }
            if let writer { return writer }
            if exchange.isAnswered { return nil }
        }
    }

    private func finish() {
        let promise = condition.withLock {
            defer { self.promise = nil }
            return self.promise
        }
        promise?.succeed()
    }
}
