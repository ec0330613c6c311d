import CCurl

/// libcurl, which speaks HTTP, TLS and proxies' protocols for this module.
///
/// It is loaded when the first server is spoken to, so that commands without a network do not pay for it.
package enum Curl {
    /// Loads the library, once for the process; afterwards its functions may be called.
    static func load() throws(DistributionError) {
        guard strata_curl_load() == 0 else { throw .noCurl(detail: String(cString: strata_curl_problem())) }
    }

    /// The version of the library on this machine, which is loaded to ask it; nil where there is none.
    package static var version: String? {
        // One that is too old has a version all the same.
        _ = strata_curl_load()
        return strata_curl_version().map { String(cString: $0) }
    }
}
