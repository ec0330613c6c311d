import Foundation
import Glibc
package import Testing

// A test whose peer is missing must not look as if it had passed. What can be told beforehand is a trait, and such a test counts as
// skipped; what only shows on the way ends the test as cancelled, which reports count as skipped too.

extension Trait where Self == ConditionTrait {
    /// Skips a test where one of these programs is not installed; names with a slash are paths.
    package static func needs(_ programs: String...) -> Self {
        .enabled(if: programs.allSatisfy(Program.isInstalled), "needs \(programs.joined(separator: ", "))")
    }

    /// Skips a test that another user than root cannot do, such as one that mounts or plays other users.
    package static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root") }

    /// Skips a test of the public cases where they are absent; see `SharedCases`.
    package static var needsCases: Self { .enabled(if: SharedCases.folder != nil, "needs ../shared/cases") }
}

/// Ends the test that is running where this machine cannot do what it is about.
package enum Skip {
    /// Ends the test as cancelled, for this reason.
    ///
    /// Of a test with several arguments it ends the one case, of which reports say nothing: so a line does.
    package static func because(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Never {
        if Test.Case.current?.isParameterized == true { print("skipped: \(Test.current?.name ?? "a test"): \(reason)") }
        try Test.cancel("\(reason)", sourceLocation: sourceLocation)
    }

    /// Ends the test as cancelled unless `condition` holds.
    package static func unless(
        _ condition: Bool, _ reason: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        if !condition { try because(reason(), sourceLocation: sourceLocation) }
    }

    /// Ends the test as cancelled where one of these programs is not installed.
    package static func unless(installed programs: String..., sourceLocation: SourceLocation = #_sourceLocation) throws {
        for program in programs where !Program.isInstalled(program) {
            try because("\(program) is not installed", sourceLocation: sourceLocation)
        }
    }
}
