/// Where credentials came from, and what was of no use on the way to them; never the credentials.
package struct CredentialReport: Hashable, Sendable {
    /// Nil where there are none.
    package var source: CredentialSource?
    /// Places that could not be read and helpers that failed, in the order in which they were asked.
    package var problems: [CredentialProblem] = []
}

/// Credentials for a registry, if there are any, and how they were found.
struct FoundCredentials: Sendable {
    var credentials: Credentials?
    var report = CredentialReport()
}

/// What gave credentials.
package enum CredentialSource: Hashable, Sendable {
    /// An entry of a file, or of the variable that stands before the files; `isPart` where it is for a part of the registry.
    case entry(key: String, place: String, isPart: Bool)
    /// A credential helper.
    case helper(HelperName)
    /// The file of mirrors.
    case registriesFile
    /// The user, just now.
    case typed

    /// Whether it is for a part of a registry only.
    var isOfPart: Bool {
        if case .entry(_, _, isPart: true) = self { true } else { false }
    }
}

/// A credential helper, and the setting that names it.
package struct HelperName: Hashable, Sendable {
    /// `docker-credential-NAME`.
    package var program: String
    /// `credsStore` or `credHelpers`.
    package var setting: String
    /// The file that has the setting.
    package var place: String
}

/// Something that may have had credentials, and could not be asked.
package enum CredentialProblem: Hashable, Sendable {
    /// A file, or a variable that stands for one, that could not be read.
    case place(String, PlaceFault)
    /// An entry for the registry that is not a user and a password in base64.
    case badEntry(key: String, place: String)
    /// A credential helper that did not answer as it must.
    case helper(HelperName, HelperFault)
}

/// Why a file, or a variable that stands for one, is of no use.
package enum PlaceFault: Error, Hashable, Sendable {
    /// The user names it, and it is not there.
    case absent
    case unreadable
    /// Not quoted, since it may hold secrets.
    case notJSON
    /// Its links lead in a circle.
    case circular
}

/// How a credential helper failed.
package enum HelperFault: Error, Hashable, Sendable {
    /// `PATH` has no such program.
    case absent
    /// The system does not run it.
    case notRunnable(errno: Int32)
    /// It did not end in time; seconds.
    case tooSlow(seconds: Double)
    /// It ended with this status; what it said, where that shows no secret.
    case failed(status: Int32, said: String)
    /// It succeeded with an answer of another form.
    case malformed
    /// It gave a password without a user.
    case nameless
    /// It was given a login, and gives another one back.
    case keepsAnother
    /// It was told to forget a login, and gives it back.
    case doesNotForget
}
