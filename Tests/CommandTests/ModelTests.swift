import TestSupport
import Testing

/// The models of collections, the trash and names, checked by spin for every interleaving.
struct ModelTests {
    @Test(.needs("spin", "cc")) func theProtocolHoldsAndEachWayOfBreakingItIsFound() throws {
        let outcome = try Program("\(Program.packageRoot)/Tests/Model/run").run([])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.lines.count == 17)
    }
}
