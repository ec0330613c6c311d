// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs

import Foundation
import OCISpec

/// A blob's bytes as they come from one server, from some offset to the end.
///
/// When a connection breaks, the rest is asked for; a server that gives the whole blob again has its beginning read and dropped.
/// What breaks without a new byte, again and again, is an error in the end. The digest is the caller's to check, and so is
/// another server: it is asked for the whole blob, since one server's bytes prove nothing about another's.
final class BlobStream: ByteStream {
    private let source: RemoteRepository
    private let descriptor: Descriptor
    private let report: @Sendable (Int64) -> Void
    private var answer: RegistryAnswer?
    private var failures = 0
    /// Bytes since the last failure.
    private var gainedBytes: Int64 = 0
    /// Where in the blob the next byte stands.
    private(set) var position: Int64

    /// The blob from `offset` on; `report` gets the bytes of each step.
    ///
    /// What ends requests to `source` ends the reading.
    init(
        _ descriptor: Descriptor, from source: RemoteRepository, offset: Int64 = 0,
        report: @escaping @Sendable (Int64) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.source = source
        self.report = report
        position = offset
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        while true {
            try source.halt?.check()
            do throws(DistributionError) {
                if position == descriptor.size {
                    try requireEnd()
                    return 0
                }
                let answer = try opened()
                let wanted = Int(min(Int64(buffer.count), descriptor.size - position))
                let count = try answer.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
                if count == 0 { throw ended(answer) }
                position += Int64(count)
                gainedBytes += Int64(count)
                report(Int64(count))
                return count
            } catch {
                answer = nil
                try recover(from: error)
            }
        }
    }

    /// A body that ended as its own head said, but not as the descriptor says, is another blob's; else it was cut.
    private func ended(_ answer: RegistryAnswer) -> DistributionError {
        if let length = answer.header("Content-Length").flatMap({ Int64($0) }), answer.status == 200, length < descriptor.size {
            return .sizeMismatch(answer.line, descriptor.digest, expectedBytes: descriptor.size, actualBytes: length)
        }
        return .network(answer.line, .cut)
    }

    /// Looks that nothing comes after the last byte.
    private func requireEnd() throws(DistributionError) {
        guard let answer else { return }
        var byte: [UInt8] = [0]
        let outcome = byte.withUnsafeMutableBytes { buffer -> Result<Int, DistributionError> in
            do throws(DistributionError) { return .success(try answer.read(into: buffer)) } catch { return .failure(error) }
        }
        // All bytes are there: how the connection ends is of no interest.
        if case .success(1) = outcome {
            throw .tooLong(answer.line, descriptor.digest, expectedBytes: descriptor.size)
        }
        self.answer = nil
    }

    /// Waits for the next try, or gives the error up to the caller.
    private func recover(from error: DistributionError) throws(DistributionError) {
        guard case .network(_, let failure) = error else { throw error }
        if gainedBytes >= leastProgress(before: failure) { failures = 0 }
        gainedBytes = 0
        failures += 1
        guard failure.isTransient, failures < source.client.settings.retries.attempts
        else { throw error }
        try source.client.pause(afterFailures: failures, of: error, source.halt)
    }

    /// How many new bytes make the failures before this one forgotten: any where a connection broke, and where a server was slow
    /// or silent as many as the least speed demands, so that one that hands out a byte at a time is not asked for ever.
    private func leastProgress(before failure: NetworkFailure) -> Int64 {
        let timeouts = source.client.settings.timeouts
        return switch failure {
        case .tooSlow, .timedOut: Int64(timeouts.minimumBytesPerSecond * timeouts.slowness)
        default: 1
        }
    }

    private func opened() throws(DistributionError) -> RegistryAnswer {
        if let answer { return answer }
        let opened = try source.openBlob(descriptor.digest, from: position)
        switch opened.status {
        case 200:
            if let length = opened.header("Content-Length").flatMap({ Int64($0) }), length > descriptor.size {
                throw .tooLong(opened.line, descriptor.digest, expectedBytes: descriptor.size)
            }
            try skip(position, of: opened)
        case 206:
            let range = opened.header("Content-Range") ?? ""
            let found = ContentRange(range)?.range
            // A part that was not asked for will do if it is all.
            guard found?.lowerBound == position, position > 0 || found?.upperBound == descriptor.size else {
                throw .badAnswer(opened.line, detail: "asked for bytes from \(position) on it gave `\(String(range.prefix(60)))`")
            }
        default: throw opened.refusal()
        }
        answer = opened
        return opened
    }

    /// Drops the beginning that a server sent although it was not asked for.
    private func skip(_ count: Int64, of answer: RegistryAnswer) throws(DistributionError) {
        var left = count
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while left > 0 {
            let wanted = Int(min(left, Int64(buffer.count)))
            let outcome = buffer.withUnsafeMutableBytes { bytes -> Result<Int, DistributionError> in
                do throws(DistributionError) {
                    return .success(try answer.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])))
                } catch {
                    return .failure(error)
                }
            }
            let got = try outcome.get()
            if got == 0 { throw .network(answer.line, .cut) }
            left -= Int64(got)
        }
    }
}
