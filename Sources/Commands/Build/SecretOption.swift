import Operations

/// `--secret id=NAME[,src=PATH|,env=VARIABLE]`.
struct SecretOption: Sendable {
    let id: String
    let secret: BuildSecret

    init?(_ text: String) {
        var (id, file, variable, type) = ("", String?.none, String?.none, String?.none)
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "id": id = value
            case "src", "source": file = value
            case "env": variable = value
            case "type": type = value
            default: return nil
            }
        }
        guard !id.isEmpty, file == nil || variable == nil else { return nil }
        switch type {
        case nil: break
        case "file": guard variable == nil else { return nil }
        // As with buildx: the source is the name of the variable.
        case "env": (file, variable) = (nil, variable ?? file)
        default: return nil
        }
        self.id = id
        // The environment is the process's: it is asked now.
        secret = file.map(BuildSecret.file) ?? .value(Environment.bytes(variable ?? id))
    }
}
