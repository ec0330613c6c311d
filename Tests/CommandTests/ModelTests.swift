import TestSupport
import Testing

/// The model of the hold-and-sweep protocol, checked by spin for every interleaving.
struct ModelTests {
    @Test func theProtocolHoldsAndEachWayOfBreakingItIsFound() throws {
        guard Program.isInstalled("spin"), Program.isInstalled("cc") else {
            return print("skipped: the model of the sweep needs spin and a C compiler")
        }
        let outcome = try Program("\(Program.packageRoot)/Tests/Model/run").run([])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.lines.count == 4)
    }
}
