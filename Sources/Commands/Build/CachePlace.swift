/// `--cache-from` and `--cache-to`: a folder.
enum CachePlace {
    /// `type=local,src=PATH` or `type=local,dest=PATH`; nil for anything else.
    static func path(_ text: String, key: String) -> String? {
        var path: String?
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "type": guard value == "local" else { return nil }
            case key: path = value
            // All steps are always written.
            case "mode": continue
            default: return nil
            }
        }
        return path
    }
}
