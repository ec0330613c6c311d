// https://docs.docker.com/reference/cli/docker/buildx/build/#build-context

package import OCISpec

/// The name that the command line gives a context, by which `FROM` and `--from` find it.
package enum ContextName {
    /// The name as an image's would be written in short, so that `alpine` stands for `docker.io/library/alpine:latest` too.
    package static func normalized(_ text: String) -> ExactText {
        // A name that no image can have means itself.
        guard let familiar = Reference(ifValid: text)?.familiar else { return ExactText(text) }
        let latest = ":latest"
        return ExactText(familiar.hasSuffix(latest) ? String(familiar.dropLast(latest.count)) : familiar)
    }
}
