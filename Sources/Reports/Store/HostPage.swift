package import OCISpec
package import Operations
import Reclamation

extension HTMLPage {
    /// The page of a store or an engine's root: what is there, and what the images that a reader marks free together.
    package static func page(_ title: String, _ picture: any HostPicture, now: Timestamp) -> [UInt8] {
        let graph = picture.graph
        let places = Dictionary(graph.images.enumerated().map { ($1.id.description, $0) }) { first, _ in first }
        let lists = HostTab.allCases.map { tab in
            (ExactText(tab.rawValue), JSONValue.array((picture.rows[tab] ?? []).map { json($0, places) }))
        }
        let host: JSONFields = [
            "title": .string(title), "totalBytes": .integer(picture.totalBytes), "made": .string(now.description),
            "lists": .object(Dictionary(lists) { first, _ in first }),
            "sharedBytes": .array(graph.sharedBytes.map(JSONValue.integer)),
            "graph": .array(
                graph.images.map { image in
                    .object([
                        "ownBytes": .integer(image.ownBytes), "shared": .array(image.shared.map(JSONValue.count)),
                        "after": .array(image.after.map(JSONValue.count)), "stays": .optional(image.refusal?.words),
                        "only": .optional(picture.text(of: HostItem(.images, image.id.description))),
                    ])
                }),
        ]
        return page(title: title, ["host": .object(host)], tree: Array("null".utf8), script: PackageResources.host_js)
    }

    private static func json(_ row: HostRow, _ places: [String: Int]) -> JSONValue {
        .object([
            "names": .array(row.names.map(JSONValue.string)), "id": .string(row.item.id), "diskBytes": .integer(row.diskBytes),
            "freesBytes": .optional(row.freesBytes), "lastUsed": .optional(row.lastUse?.description),
            "users": .array(row.users.map(JSONValue.string)),
            "place": row.item.tab == .images ? places[row.item.id].map(JSONValue.count) ?? .null : .null,
        ])
    }
}
