/// One request as it goes over the wire, and what the connection must be like.
struct WireRequest: Sendable {
    var verb: HTTPVerb
    var address: WebAddress
    var headers: [(name: String, value: String)]
    var body: RegistryRequest.Body?
    /// Whether an encoding of the body is taken off on the way in.
    var isDecoding: Bool
    var trust: ServerTrust
    /// The socket of this machine that the server listens at; nil for one on the network.
    var socketPath: String?
    /// The proxy between; nil for none.
    var proxy: Proxy?
    /// What may end it before its time.
    var halt: Halt?
    /// Whether it is to be seen that something of TLS comes, even where no connection of TLS comes about.
    var watchesTLS = false

    /// Whether a proxy of HTTP is asked to lead bytes on to the server, or can itself not be reached without TLS.
    var isTunnelled: Bool {
        guard let proxy, !proxy.isSOCKS else { return false }
        return proxy.isTLS || address.origin.isTLS
    }

    /// Bytes of the body.
    var bodyBytes: Int64 {
        switch body {
        case nil: 0
        case .bytes(let bytes)?: Int64(bytes.count)
        case .source(let source, let offset)?: source.length - offset
        }
    }

    /// Reads bytes of the body from `place` on; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at place: Int64) -> Result<Int, DistributionError> {
        switch body {
        case nil: return .success(0)
        case .bytes(let bytes)?:
            let rest = bytes[Int(place)...].prefix(buffer.count)
            buffer.copyBytes(from: rest)
            return .success(rest.count)
        case .source(let source, let offset)?:
            do throws(DistributionError) { return .success(try source.read(into: buffer, at: offset + place)) } catch {
                return .failure(error)
            }
        }
    }
}
