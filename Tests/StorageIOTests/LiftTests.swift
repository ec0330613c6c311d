import StorageIO
import SystemPackage
import Testing

/// Errors on their way from one module to the next.
struct LiftTests {
    private enum Upper: Error, Equatable {
        case below(StorageError)
        case own
    }

    private static let absent = StorageError(.open, "a", .noSuchFileOrDirectory)
    private static let refused = StorageError(.open, "a", .permissionDenied)

    private func value(_ error: StorageError?) throws(StorageError) -> Int {
        if let error { throw error }
        return 7
    }

    private func found(_ error: StorageError?) throws(StorageError) -> Int? { error == nil ? nil : try value(error) }

    @Test func anErrorBecomesTheCallers() throws {
        #expect(try lift(try value(nil), to: Upper.below) == 7)
        #expect(throws: Upper.below(Self.refused)) { try lift(try value(Self.refused), to: Upper.below) }
        #expect(throws: Upper.below(Self.refused)) {
            try lift(to: Upper.below) { () throws(StorageError) in
                _ = try value(nil)
                return try value(Self.refused)
            }
        }
    }

    @Test func whatIsNotThereIsNilAndNothingElseIs() throws {
        #expect(try ifPresent(try value(nil)) == 7)
        #expect(try ifPresent(try value(Self.absent)) == nil)
        #expect(try ifPresent(try found(nil)) == nil)
        #expect(try ifPresent(try found(Self.absent)) == nil)
        #expect(throws: Self.refused) { try ifPresent(try value(Self.refused)) }
        #expect(throws: Self.refused) { try ifPresent(try found(Self.refused)) }
    }
}
