import ContentStorage
import OCISpec
package import Reclamation
import StorageIO
import SystemPackage

/// A plan in a file of its own, with which no store has anything to do.
package enum PlanFile {
    /// A plan about an engine's root as the document that `apply` reads.
    package static func encode(_ plan: EnginePlan) throws(OperationError) -> [UInt8] {
        try lift(try encodeDocument(plan), to: OperationError.notEncodable)
    }

    /// Writes a plan that takes the name `path` when it is whole.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try OutputFile.writing(to: path, afterInterrupt: {}) { file in
            try bytes.withUnsafeBytes { try file.write($0) }
        }
    }

    /// The plan in the file at `path`, or in a pipe; nil where there is none.
    package static func read(_ path: String) throws -> Workspace.ReadPlan? {
        try InputFile.bytes(path, limit: StoredPlans.limits.maxBytes).map { try parse($0, named: path) }
    }

    /// What a document says that its reader knows by this name.
    static func parse(_ bytes: [UInt8], named name: String) throws(OperationError) -> Workspace.ReadPlan {
        do throws(DocumentError) {
            let limits = StoredPlans.limits
            guard try decodeDocument(EnginePlan.Subject.self, from: bytes, limits: limits).isEngine else {
                return .store(try decodeDocument(ReclamationPlan.self, from: bytes, limits: limits))
            }
            return .engine(try decodeDocument(EnginePlan.self, from: bytes, limits: limits))
        } catch {
            throw .badPlan(name, error)
        }
    }
}
