import DockerfileLanguage

extension InstructionError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for a change to a config, as `--change` takes it.
    init(_ error: InstructionError) {
        let (message, hint): (String, String?) =
            switch error {
            case .empty: ("a change has no instruction", "write it as in a Dockerfile: `CMD [\"sh\"]`")
            case .unsupported(let instruction):
                (
                    "`\(instruction)` does not change a config",
                    "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME and WORKDIR do"
                )
            case .missingArgument(let instruction): ("\(instruction) needs an argument", nil)
            case .notAnAssignment(let instruction, let word):
                ("\(instruction): `\(word)` is not name=value", "put quotes around a value with blanks")
            case .nestedJSON(let instruction):
                ("\(instruction): the list holds something other than text", "quote every word of it")
            case .badFrom: ("FROM takes an image, and `AS NAME` or nothing", nil)
            case .noShell: ("SHELL takes a JSON list of words", "write `SHELL [\"/bin/bash\", \"-c\"]`")
            case .unknownFlag(let instruction, let flag, let suggestion):
                ("\(instruction) has no flag `\(flag)`", suggestion.map { "did you mean `\($0)`?" })
            case .repeatedFlag(let instruction, let flag): ("\(instruction) has the flag `\(flag)` twice", "give it once")
            case .mountKey(let kind, let key, let other):
                (
                    "a \(kind) mount takes no `\(key)`" + (other.map { " besides `\($0)`" } ?? ""),
                    "the Dockerfile reference lists the keys of each type of mount"
                )
            case .missingMountKey(let kind, let key): ("a \(kind) mount needs `\(key)`", nil)
            case .variableInFrom(let text):
                (
                    "`from=\(text)`: variables are not expanded here",
                    "name a stage, such as `FROM \(text) AS tools`, and copy from that"
                )
            case .badPlatform(let text):
                ("`\(text)` is not a valid platform", "write it as linux/arm64; a variable needs a value")
            case .unknownTrigger(let name, let suggestion):
                ("there is no instruction \(name) for ONBUILD", suggestion.map { "did you mean \($0)?" })
            case .badFlag(let flag, let value):
                ("`--\(flag)=\(value)` cannot be read", Self.flagHints[flag])
            case .badHealthcheck(let text): ("`HEALTHCHECK \(text)` cannot be read", "write NONE, or CMD and a command")
            case .badPort(let text): ("`\(text)` is not a valid port", "write 80, 53/udp or 7000-7005")
            case .badSignal(let text): ("there is no signal `\(text)`", "write a name such as SIGTERM, or its number")
            case .badTrigger(let instruction): ("ONBUILD cannot hold \(instruction)", nil)
            case .openQuote(let text): ("a quote is not closed in `\(text)`", nil)
            case .badSubstitution(let text): ("`\(text)` has a `${` that cannot be read", "write ${NAME} or ${NAME:-word}")
            case .unsetVariable(let name, let text): ("variable \(name) has no value" + (text.isEmpty ? "" : ": \(text)"), nil)
            }
        self.init(code: "bad-change", status: 2, message: message, hint: hint)
    }

    /// What the value of a flag looks like.
    private static let flagHints = [
        "retries": "write a number", "interval": duration, "timeout": duration, "start-period": duration,
        "start-interval": duration, "chmod": "write an octal mode such as 644, or changes such as u=rwX,go-w",
        "chown": "write USER, USER:GROUP, or their numbers", "checksum": "write sha256: and 64 hexadecimal digits",
        "network": "write default, none or host", "link": "write true or false", "parents": "write true or false",
        "mount": "write type=bind|cache|tmpfs|secret,target=PATH and more as the Dockerfile reference has it",
    ]
    private static let duration = "write a duration of at least 1ms, such as 30s or 1m30s"
}
