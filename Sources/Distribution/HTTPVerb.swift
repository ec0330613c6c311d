import NIOHTTP1

/// The methods that the distribution specification uses.
enum HTTPVerb {
    case GET, HEAD, POST, PUT, PATCH

    var method: HTTPMethod {
        switch self {
        case .GET: .GET
        case .HEAD: .HEAD
        case .POST: .POST
        case .PUT: .PUT
        case .PATCH: .PATCH
        }
    }
}
