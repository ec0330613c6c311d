import TestSupport
import Testing

/// The models of collections, the trash and names, checked by spin for every interleaving.
struct ModelTests {
    @Test func theProtocolHoldsAndEachWayOfBreakingItIsFound() throws {
        guard Program.isInstalled("spin"), Program.isInstalled("cc") else {
            return print("skipped: the models of the protocols need spin and a C compiler")
        }
        let outcome = try Program("\(Program.packageRoot)/Tests/Model/run").run([])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.lines.count == 17)
    }
}
