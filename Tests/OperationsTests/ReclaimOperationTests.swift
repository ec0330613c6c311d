import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Operations
import Reclamation
import TestSupport
import Testing

/// What goes, decided and carried out without the program.
struct ReclaimOperationTests {
    private func scene() throws -> OperationScene {
        let scene = try OperationScene()
        try scene.load(.base, .app)
        return scene
    }

    private static let everything = PruneRequest(
        images: PrunePolicy.flags(filter: ImageFilter([]), isAll: true), leftovers: LeftoverSelection(minimumAge: .zero))

    @Test func aDecisionChangesNothing() throws {
        let scene = try scene()
        let plan = try scene.run { try $0.decide(Self.everything).plan }
        #expect(!plan.victims.isEmpty)
        #expect(try scene.run { try $0.store.names().count } == 2)
    }

    @Test func whatWasPredictedIsFreedAndNothingIsLeftToDo() throws {
        let scene = try scene()
        let outcome = try scene.run { workspace in
            let plan = try workspace.decide(Self.everything).plan
            let outcome = try workspace.carryOut(plan, isJustMade: true)
            #expect(outcome.freedBytes == plan.freesBytes)
            return outcome
        }
        #expect(outcome.reasons.isEmpty)
        #expect(try scene.run { try $0.store.names() }.isEmpty)
        #expect(try scene.run { try $0.decide(Self.everything).plan.victims }.isEmpty)
    }

    @Test func whatWentToTheTrashComesBack() throws {
        let scene = try scene()
        let request = PruneRequest(images: PrunePolicy.flags(filter: ImageFilter([]), isAll: true, trash: .seconds(3600)))
        let plan = try scene.run { workspace in
            let plan = try workspace.decide(request).plan
            _ = try workspace.carryOut(plan, isJustMade: true)
            return plan
        }
        #expect(try scene.run { try $0.store.names() }.isEmpty)
        #expect(try scene.run { try $0.undoablePlans().map(\.plan) } == [plan.id.description])
        _ = try scene.run { try $0.undo(plan: plan.id.description) }
        #expect(Set(try scene.run { try $0.store.names().compactMap(\.familiar) }) == ["localhost/base:1", "localhost/app:1"])
    }

    @Test func aPlanOfNobodyCannotBeUndone() throws {
        #expect {
            try scene().run { try $0.undo(plan: "0123456789ab") }
        } throws: { error in
            if case OperationError.nothingToUndo("0123456789ab", available: []) = error { true } else { false }
        }
    }

    @Test func aPlanThatHasExpiredIsRefusedAndGoesWithWhatIsLeftOver() throws {
        let scene = try scene()
        try scene.run { workspace in
            let plan = try workspace.decide(Self.everything).plan
            try workspace.store.content.plans.write(plan.document, id: plan.id)
            #expect(try workspace.readPlan(plan.id.text).isStored)
            let late = Timestamp(seconds: Clock.now.seconds + 31 * 86_400)
            #expect {
                try workspace.readPlan(plan.id.text, now: late)
            } throws: { error in
                if case OperationError.planExpired(plan.id) = error { true } else { false }
            }
        }
    }

    @Test func aPlanIsReadAsItWasWritten() throws {
        let scene = try scene()
        let path = scene.folder.path("plan.json")
        try scene.run { workspace in
            let plan = try workspace.decide(Self.everything).plan
            try Data(plan.document).write(to: URL(filePath: path))
            let (read, isStored) = try workspace.readPlan(path)
            #expect(!isStored)
            guard case .store(let read) = read else {
                Issue.record("it is about an engine")
                return
            }
            #expect(read == plan)
        }
    }

    @Test(arguments: ["", "{", "[]", #"{"kind":"plan"}"#]) func whatIsNoPlanIsRefused(_ text: String) throws {
        let scene = try scene()
        let path = scene.folder.path("plan.json")
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect {
            try scene.run { try $0.readPlan(path) }
        } throws: { error in
            if case OperationError.badPlan(path, _) = error { true } else { false }
        }
    }

    /// What is refused does not keep the rest from going.
    @Test func aRemovalTellsWhatItRefused() throws {
        let scene = try scene()
        let removal = try scene.run { try $0.remove(["localhost/app:1", "localhost/none:1"], isForced: false) }
        #expect(removal.items.map(\.name) == ["localhost/app:1"])
        #expect(removal.failures.count == 1)
        #expect(removal.freedBytes > 0)
        #expect(try scene.run { try $0.store.names().compactMap(\.familiar) } == ["localhost/base:1"])
    }
}
