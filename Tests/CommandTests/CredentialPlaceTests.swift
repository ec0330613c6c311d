import Foundation
import TestSupport
import Testing

/// The places that may have credentials: files of no use, the variable, the registries file; and what a logout forgets in them.
struct CredentialPlaceTests {
    private typealias Scene = CredentialScene

    // MARK: entries and files of no use

    @Test(arguments: ["%%", "bm9jb2xvbg==", "Onh4", "bWU6"])
    func anEntryOfNoUseIsNamedOnlyWhereItMatters(auth: String) throws {
        let scene = try Scene()
        let entry = #""\#(scene.host)": {"auth": "\#(auth)"}"#
        try scene.write(#"{"auths": {\#(entry)}}"#, to: scene.docker)
        try scene.expectRefused(naming: "`\(scene.host)`", scene.docker, status: 2)
        let other = #""https://\#(scene.host)/v1/": {"auth": "\#(Scene.auth(Scene.secret))"}"#
        try scene.write(#"{"auths": {\#(entry), \#(other)}}"#, to: scene.docker)
        try scene.expectPulled()
        try scene.write(#"{"auths": {\#(entry)}}"#, to: scene.docker)
        try scene.expectLoggedIn()
        try scene.expectPulled()
    }

    @Test func entriesOfOtherRegistriesAreOfNoAccount() throws {
        let scene = try Scene()
        let others =
            #""a.example": 5, "b.example": {"auth": 5}, "c.example": null, "": {}, "://": {"auth": "%"}, "d": {"auth": "%"}"#
        let right = #""\#(scene.host)": {"auth": "\#(Scene.auth(Scene.secret))"}"#
        try scene.write(
            #"{"auths": {\#(others), \#(right)}, "credHelpers": {"a.example": 5}, "credsStore": 7}"#, to: scene.docker)
        try scene.expectPulled()
    }

    @Test func fieldsBesideTheEntriesOutliveALogin() throws {
        let scene = try Scene()
        let other = #""auths": {"d": {"auth": "%"}}, "HttpHeaders": {"X": "y"}, "detachKeys": "ctrl-e,e", "n": 12345678901"#
        try scene.write("{\(other)}", to: scene.docker)
        try scene.expectLoggedIn()
        var left = try object(try String(contentsOfFile: scene.docker, encoding: .utf8))
        #expect(try scene.entries(scene.docker)["d"] == ["auth": "%"])
        left["auths"] = nil
        #expect(left.keys.sorted() == ["HttpHeaders", "detachKeys", "n"])
        #expect(left["n"] as? Int == 12_345_678_901)
    }

    @Test(arguments: ["[]", "no JSON \(CredentialScene.secret)", "{\"auths\": {", "a folder"])
    func aFileOfNoUseIsNamedOnlyWhereALoginIsMissing(text: String) throws {
        let tokens = try Scene.tokensForStrangers()
        let everybody = try Scene.forEverybody(tokens)
        let scene = try Scene()
        for scene in [everybody, scene] {
            if text == "a folder" {
                try FileManager.default.createDirectory(atPath: scene.docker, withIntermediateDirectories: true)
            } else {
                try scene.write(text, to: scene.docker)
            }
        }
        try everybody.expectPulled()
        try scene.expectRefused(naming: scene.docker, status: 2)
        expectSentence(try scene.logIn(), naming: scene.docker, status: 2)
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.podman)
        try scene.expectPulled()
    }

    @Test func aFileThatTheUserNamesShouldBeThere() throws {
        let scene = try Scene()
        let path = scene.pulling.bench.folder.path("none.json")
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.docker)
        try scene.expectRefused(naming: path, environment: ["REGISTRY_AUTH_FILE": path], status: 2)
        try scene.expectLoggedIn(environment: ["REGISTRY_AUTH_FILE": path])
        try scene.expectPulled(environment: ["REGISTRY_AUTH_FILE": path])
    }

    @Test func emptyVariablesNameNoFolder() throws {
        let scene = try Scene()
        let environment = ["DOCKER_CONFIG": "", "XDG_CONFIG_HOME": "", "XDG_RUNTIME_DIR": "", "REGISTRY_AUTH_FILE": ""]
        try scene.expectLoggedIn(environment: environment)
        #expect(try scene.entries(scene.docker).count == 1)
        try scene.expectPulled(environment: environment)
    }

    // MARK: logout

    @Test func aLogoutForgetsEverySpellingInEveryFile() throws {
        let scene = try Scene()
        let keys = [scene.host, "https://\(scene.host)/v1/", "http://\(scene.host)/x"]
        for file in [scene.docker, scene.podman] {
            try scene.write(
                Scene.config(Dictionary(uniqueKeysWithValues: keys.map { ($0, Scene.secret) } + [("other", Scene.old)])), to: file
            )
        }
        #expect(try scene.logOut().output == "Removing login credentials for \(scene.host)\n")
        for file in [scene.docker, scene.podman] { #expect(try scene.entries(file).keys.sorted() == ["other"]) }
        try scene.expectRefused(naming: "requires a login for this")
        #expect(try scene.logOut().output == "Not logged in to \(scene.host)\n")
    }

    @Test(arguments: ["", "docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"])
    func aLogoutOfTheHubForgetsAllItsNames(name: String) throws {
        let scene = try Scene()
        let keys = ["docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/", "https://docker.io"]
        let more = ["https://index.docker.io/v1/access-token", "docker.io/me", "other"]
        try scene.write(
            Scene.config(Dictionary(uniqueKeysWithValues: (keys + more).map { ($0, Scene.secret) })), to: scene.docker)
        let outcome = try scene.logOut(name)
        #expect(outcome.output == "Removing login credentials for docker.io\n")
        #expect(outcome.errors.contains("`docker.io/me`"), "the entry that remains is not named: \(outcome.errors)")
        #expect(try scene.entries(scene.docker).keys.sorted() == ["docker.io/me", "other"])
    }

    @Test func aFileOfNoUseDoesNotKeepALogoutFromTheOthers() throws {
        let scene = try Scene()
        try scene.write("no JSON", to: scene.docker)
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.podman)
        let outcome = try scene.logOut()
        #expect(outcome.output == "Removing login credentials for \(scene.host)\n")
        #expect(outcome.errors.contains(scene.docker), "\(outcome.errors)")
        #expect(try scene.entries(scene.podman).isEmpty)
    }

    // MARK: the variable

    @Test func theVariableIsReadBeforeTheFiles() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.old, "\(scene.host)/a": Scene.old]), to: scene.docker)
        try scene.expectPulled(environment: ["DOCKER_AUTH_CONFIG": try Scene.config([scene.host: Scene.secret])])
    }

    @Test func theVariableMayNameAHelper() throws {
        let scene = try Scene()
        var environment = try scene.helper(CredentialTests.knowing)
        environment["DOCKER_AUTH_CONFIG"] = try Scene.config([:], ["credHelpers": [scene.host: "test"]])
        try scene.expectPulled(environment: environment)
    }

    @Test func whatTheVariableLacksComesFromTheFiles() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.docker)
        for text in [try Scene.config(["other": Scene.old]), "", "{}", "no JSON"] {
            try scene.expectPulled(environment: ["DOCKER_AUTH_CONFIG": text])
        }
    }

    @Test func aFileThatTheUserNamesStandsAlone() throws {
        let scene = try Scene()
        let path = scene.pulling.bench.folder.path("named.json")
        try scene.write(Scene.config([scene.host: Scene.secret]), to: path)
        try scene.expectPulled(
            "--authfile", path, environment: ["DOCKER_AUTH_CONFIG": try Scene.config([scene.host: Scene.old])])
    }

    @Test(arguments: ["no JSON \(CredentialScene.secret)", "/a/path", "[]", "{} {}"])
    func aVariableOfNoUseIsNamedAndNotQuoted(text: String) throws {
        let scene = try Scene()
        let environment = ["DOCKER_AUTH_CONFIG": text]
        let said = try scene.expectRefused(naming: "$DOCKER_AUTH_CONFIG", environment: environment, status: 2)
        #expect(!said.contains(text))
        let login = try scene.logIn(environment: environment)
        #expect(login.output == "Login Succeeded\n" && login.errors.contains("$DOCKER_AUTH_CONFIG"), "\(login.errors)")
    }

    @Test func loginAndLogoutTellThatTheVariableStandsBeforeThem() throws {
        let scene = try Scene()
        let environment = ["DOCKER_AUTH_CONFIG": try Scene.config(["https://\(scene.host)/v1/": Scene.old])]
        let login = try scene.logIn(environment: environment)
        #expect(login.output == "Login Succeeded\n" && login.errors.contains("$DOCKER_AUTH_CONFIG"), "\(login.errors)")
        let said = try scene.expectRefused(naming: "$DOCKER_AUTH_CONFIG", environment: environment)
        #expect(said.contains("unset DOCKER_AUTH_CONFIG"))
        let logout = try scene.logOut(environment: environment)
        #expect(logout.status == 3 && logout.errors.contains("$DOCKER_AUTH_CONFIG"), "\(logout.errors)")
        #expect(logout.errors.contains("still log in"), "\(logout.errors)")
        let other = try scene.logIn(environment: ["DOCKER_AUTH_CONFIG": try Scene.config(["other": Scene.old])])
        #expect(!other.errors.contains("$DOCKER_AUTH_CONFIG"), "\(other.errors)")
    }

    // MARK: the registries file

    @Test func aLogoutFailsWhileTheRegistriesFileGivesTheLogin() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.secret]), to: scene.docker)
        let table = try scene.pulling.bench.file(
            "registries.yaml", Data(#"configs: {"\#(scene.host)": {auth: {username: me, password: \#(Scene.secret)}}}"#.utf8))
        let outcome = try scene.logOut(environment: ["STRATA_REGISTRIES": table])
        #expect(outcome.output == "Removing login credentials for \(scene.host)\n")
        #expect(outcome.status == 3 && outcome.errors.contains("of the registries file still log in"), "\(outcome.errors)")
        #expect(try scene.entries(scene.docker).isEmpty)
        #expect(try scene.logOut("other", environment: ["STRATA_REGISTRIES": table]).status == 0)
    }

    @Test func anEntryOfNoUseInTheRegistriesFileIsNamed() throws {
        let scene = try Scene()
        let table = try scene.pulling.bench.file(
            "registries.yaml", Data(#"configs: {"\#(scene.host)": {auth: {auth: "%%"}}}"#.utf8))
        let outcome = try scene.pulling.pull("-q", "--registries", table)
        expectSentence(outcome, naming: "registries file", status: 2)
    }
}
