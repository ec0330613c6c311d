/// The methods that the distribution specification and engines use.
enum HTTPVerb: String, Sendable {
    case GET, HEAD, POST, PUT, PATCH, DELETE
}
