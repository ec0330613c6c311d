import ArgumentParser
import DockerfileLanguage
import Operations
import TextValues

/// What of the options is wrong whatever the Dockerfile says.
extension BuildOptions {
    /// Refuses values that mean nothing.
    func checkValues() throws {
        if RunFlags.Network(rawValue: network) == nil { throw ValidationError("`--network` takes default, host or none") }
        if file == "-", context == "-" { throw ValidationError("standard input cannot be both the Dockerfile and the context") }
        for text in cacheFrom { _ = try CacheOption(from: text) }
        for text in cacheTo { _ = try CacheOption(to: text) }
        var places: Set<String> = []
        for text in output {
            guard let destination = BuildDestination(text) else {
                throw ValidationError("`--output \(text)` is not type=oci|docker|tar|local,dest=PATH, a directory, or `-`")
            }
            guard places.insert(destination.path).inserted else {
                throw ValidationError("two outputs cannot go to the same place, `\(destination.path)`")
            }
        }
        try checkPlatforms()
        for (name, value) in [("provenance", provenance), ("sbom", sbom)] {
            guard let value, !["false", "0", "f"].contains(value.lowercased()) else { continue }
            throw ValidationError("`--\(name)=\(value)`: attestations are not supported; leave the option out, or write false")
        }
        if push, tag.isEmpty { throw ValidationError("`--push` needs `--tag`, which names the registry") }
        for text in label where NameValue(text).value == nil { throw ValidationError("`--label \(text)` is not name=value") }
        for text in buildContext where BuildOrder.NamedContext(of: NameValue(text)) == nil {
            throw ValidationError("`--build-context \(text)` is not name=FOLDER, name=docker-image://NAME or name=REPOSITORY")
        }
        for text in ssh { _ = try AgentOption(text) }
        for text in secret where SecretOption(text) == nil {
            throw ValidationError("`--secret \(text)` is not id=NAME[,src=PATH] or id=NAME[,env=VARIABLE]")
        }
    }

    private func checkPlatforms() throws {
        guard platform.joined(separator: ",").split(separator: ",").count > 1 else { return }
        for text in output where BuildDestination(text)?.takesSeveralPlatforms == false {
            throw ValidationError("`--output \(text)` has room for one platform; several go to type=oci or a directory")
        }
    }
}
