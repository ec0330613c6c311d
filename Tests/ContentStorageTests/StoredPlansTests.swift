import ContentStorage
import Foundation
import OCISpec
import TestSupport
import Testing

/// The plans that a store keeps, and for how long.
struct StoredPlansTests {
    let fixture: StoreFixture
    private let id: PlanID

    init() throws {
        fixture = try StoreFixture()
        id = try #require(PlanID("0badc0ffee12"))
        try fixture.store.plans.write(Array("{}".utf8), id: id)
    }

    private var plans: StoredPlans { fixture.store.plans }

    /// The time at so many days from now.
    private func days(_ count: Double) -> Timestamp {
        Timestamp(seconds: Int64(Date().timeIntervalSince1970 + count * 86_400))
    }

    @Test func aPlanCanBeCarriedOutForThirtyDays() throws {
        #expect(try !plans.isExpired(id: id, now: days(29.9)))
        #expect(try plans.isExpired(id: id, now: days(30.1)))
    }

    @Test func onlyAnExpiredOneIsRemovedAsSuch() throws {
        #expect(try plans.removeExpired(id: id, now: days(29.9)) == nil)
        #expect(try fixture.names("plans") == ["0badc0ffee12.json"])
        #expect(try plans.removeExpired(id: id, now: days(30.1)) != nil)
        #expect(try fixture.names("plans") == [])
        #expect(try plans.removeExpired(id: id, now: days(30.1)) == nil, "it is gone")
    }

    @Test func whatAKilledWriterLeftGoesWithIt() throws {
        try fixture.write("{", to: "plans/0badc0ffee12.json.new")
        _ = try plans.removeExpired(id: id, now: days(31))
        #expect(try fixture.names("plans") == [])
    }

    @Test func aTimeThatWasSetBackMakesNoPlanOlder() throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: "\(fixture.path)/plans/0badc0ffee12.json")
        #expect(try !plans.isExpired(id: id, now: days(0)))
    }

    @Test func aPlanThatIsNotThereHasNotExpired() throws {
        let other = try #require(PlanID("c0ffee0badc0"))
        #expect(try !plans.isExpired(id: other, now: days(31)) && plans.removeExpired(id: other, now: days(31)) == nil)
    }

    @Test(arguments: [
        ("0badc0ffee12.json", true), ("0badc0ffee12.json.new", true), ("0c.json", false), ("0badc0ffee12", false),
        (".json", false),
    ])
    func aFileOfAPlanIsKnownByItsName(name: String, isPlan: Bool) {
        #expect((StoredPlans.id(ofFile: name) != nil) == isPlan)
    }
}
