/// The methods that the distribution specification uses.
enum HTTPVerb: String, Sendable {
    case GET, HEAD, POST, PUT, PATCH
}
