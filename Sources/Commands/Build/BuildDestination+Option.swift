import Operations

extension BuildDestination {
    /// `type=FORM,dest=PATH`, a folder for the files, or `-` for a tar on standard output; nil for anything else.
    init?(_ text: String) {
        if text == "-" {
            self.init(.tar, path: "-")
            return
        }
        guard text.contains("=") else {
            guard !text.isEmpty else { return nil }
            self.init(.local, path: text)
            return
        }
        var (form, path) = (Form?.none, String?.none)
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "type": form = Form(rawValue: value)
            case "dest": path = value
            default: return nil
            }
        }
        guard let form, path != nil || form != .local else { return nil }
        self.init(form, path: path ?? "-")
    }
}
