import Operations
import Reclamation
import Reports

extension GlobalOptions {
    /// Says what a removal did: whatever fails beside it, the figures are written first, since nobody may read the output, then the outcome,
    /// and then every failure is told.
    ///
    /// `forget` forgets a plan that is done; what failed can be applied again.
    func tell(
        _ outcome: ReclamationOutcome, failures: [any Error], forget: (() throws -> Void)? = nil, figures: () throws -> Void
    ) throws {
        var failures = failures
        func attempt(_ body: () throws -> Void) { do { try body() } catch { failures.append(error) } }
        if let forget, failures.isEmpty { attempt(forget) }
        attempt(figures)
        let report = OutcomeReport(outcome)
        attempt {
            switch format {
            case .text: try Output.write(quiet ? report.summary : report.text)
            case .json: try Output.write(report.json())
            }
        }
        if let path = outcome.foreignWrite { tell(.decision(.foreignWrite(path))) }
        try FailureReport.tell(failures, isJSON: format == .json)
    }
}
