import Operations

/// `--secret id=NAME[,src=PATH|,env=VARIABLE]`.
struct SecretOption: Sendable {
    let id: String
    let secret: BuildSecret

    init?(_ text: String) {
        var (id, file, variable) = ("", String?.none, String?.none)
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "id": id = value
            case "src", "source": file = value
            case "env": variable = value
            case "type": break
            default: return nil
            }
        }
        guard !id.isEmpty else { return nil }
        self.id = id
        // The environment is the process's: it is asked now.
        secret = file.map(BuildSecret.file) ?? .value(Environment.bytes(variable ?? id))
    }
}
