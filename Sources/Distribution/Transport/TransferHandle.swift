import CCurl
import Foundation

/// The library's handle of one transfer, set up as its request wants; used by the loop's thread alone.
struct TransferHandle {
    let easy: UnsafeMutableRawPointer
    private var headers: UnsafeMutablePointer<curl_slist>?

    /// A handle for an exchange, which must live until `free`; nil where the library refuses one of the options.
    init?(_ exchange: Exchange, connectSeconds: Double) {
        guard let easy = strata_easy_init() else { return nil }
        self.easy = easy
        let options = HandleOptions(easy)
        let request = exchange.request
        for header in request.headers {
            // A line's end in a value would begin a header of its own.
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                free()
                return nil
            }
            headers = strata_list_append(headers, "\(header.name): \(header.value)")
        }
        // Nobody is asked whether a body may come: it costs a second where a server does not know the question.
        headers = strata_list_append(headers, "Expect:")
        if request.isDecoding {
            options.set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
        } else {
            headers = strata_list_append(headers, "Accept-Encoding: identity")
        }
        options.set(CURLOPT_HTTPHEADER, headers)
        options.set(CURLOPT_URL, request.address.text)
        options.set(CURLOPT_PATH_AS_IS, 1)
        if let socket = request.socketPath { options.set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        options.set(CURLOPT_PROTOCOLS_STR, "http,https")
        options.set(CURLOPT_NOSIGNAL, 1)
        options.set(CURLOPT_CONNECTTIMEOUT_MS, Int(connectSeconds * 1000))
        options.set(CURLOPT_TCP_KEEPALIVE, 1)
        options.set(CURLOPT_BUFFERSIZE, 256 << 10)
        options.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // A second request waits until it is known whether the first one's connection takes it along.
        options.set(CURLOPT_PIPEWAIT, 1)
        options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        options.set(method: request)
        options.set(callbacks: exchange)
        if request.watchesTLS { options.watchTLS(of: exchange) }
        request.trust.apply(to: options, isProxied: request.proxy != nil)
        // Given always, so that the library does not look at the environment.
        options.set(CURLOPT_PROXY, request.proxy?.address ?? "")
        options.set(CURLOPT_NOPROXY, "")
        guard options.isWhole else {
            free()
            return nil
        }
    }

    /// Gives the handle back; it must not be part of a transfer any more.
    func free() {
        strata_easy_cleanup(easy)
        strata_list_free(headers)
    }
}

/// Sets options of a handle, and remembers whether all were taken.
final class HandleOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var isWhole = true

    init(_ easy: UnsafeMutableRawPointer) { self.easy = easy }

    func set(_ option: CURLoption, _ value: Int) { check(strata_easy_set_long(easy, option, value)) }

    func set(_ option: CURLoption, _ value: String) { check(strata_easy_set_string(easy, option, value)) }

    func set(_ option: CURLoption, _ value: UnsafeRawPointer?) { check(strata_easy_set_pointer(easy, option, value)) }

    func set(_ option: CURLoption, authorities: [UInt8]) {
        check(authorities.withUnsafeBytes { strata_easy_set_authorities(easy, option, $0.baseAddress, $0.count) })
    }

    func set(method request: WireRequest) {
        switch request.verb {
        case .GET: set(CURLOPT_HTTPGET, 1)
        case .HEAD: set(CURLOPT_NOBODY, 1)
        case .DELETE:
            set(CURLOPT_HTTPGET, 1)
            set(CURLOPT_CUSTOMREQUEST, request.verb.rawValue)
        case .POST, .PUT, .PATCH:
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_CUSTOMREQUEST, request.verb.rawValue)
            check(strata_easy_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(request.bodyBytes)))
            set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        }
    }

    func set(callbacks exchange: Exchange) {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        set(CURLOPT_ERRORBUFFER, exchange.message.baseAddress.map { UnsafeRawPointer($0) })
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA] {
            set(option, UnsafeRawPointer(context))
        }
        check(strata_easy_on_bytes(easy, CURLOPT_HEADERFUNCTION, onHead))
        check(strata_easy_on_bytes(easy, CURLOPT_WRITEFUNCTION, onBody))
        check(strata_easy_on_bytes(easy, CURLOPT_READFUNCTION, onSend))
        check(strata_easy_on_seek(easy, onRewind))
    }

    /// Has the exchange told what comes before TLS stands.
    func watchTLS(of exchange: Exchange) {
        set(CURLOPT_VERBOSE, 1)
        set(CURLOPT_DEBUGDATA, UnsafeRawPointer(Unmanaged.passUnretained(exchange).toOpaque()))
        check(strata_easy_on_debug(easy, onDebug))
    }

    private func check(_ code: CURLcode) { if code != CURLE_OK { isWhole = false } }
}

private func exchange(_ context: UnsafeMutableRawPointer?) -> Exchange? {
    context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private func onHead(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int
{
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange(context)?.tookHead(line) == true ? line.count : 0
}

private func onBody(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int
{
    let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return switch exchange(context)?.took(body) {
    case .taken: body.count
    case .full: Int(CURL_WRITEFUNC_PAUSE)
    // Fewer than there are end the transfer.
    case .unwanted, nil: body.isEmpty ? 1 : 0
    }
}

private func onSend(_ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?) -> Int
{
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return exchange(context)?.give(buffer) ?? Int(CURL_READFUNC_ABORT)
}

private func onDebug(
    _ easy: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    if kind == CURLINFO_SSL_DATA_IN { exchange(context)?.tookHandshake(UnsafeRawBufferPointer(start: bytes, count: count)) }
    return 0
}

private func onRewind(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard origin == SEEK_SET, let exchange = exchange(context) else { return Int32(CURL_SEEKFUNC_FAIL) }
    exchange.rewind(to: Int64(offset))
    return Int32(CURL_SEEKFUNC_OK)
}
