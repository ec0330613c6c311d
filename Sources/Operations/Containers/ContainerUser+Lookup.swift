package import ContainerRuntime
package import ContentStorage
import ImageBuild
import StorageIO

extension ContainerUser {
    /// The user that `text` names, by the tables of a tree, and in these groups as well, by name or number.
    package init(_ text: String, adding groups: [String] = [], in tree: StackedTree) throws {
        let found = try UserTable.identity(text, adding: groups) { name in
            guard let path = try tree.resolve(Array(name.utf8)), let file = try tree.file(at: path) else { return [] }
            return try file.readAll(limit: 16 << 20)
        }
        self.init(uid: found.uid, gid: found.gid, groups: found.groups, home: found.home)
    }
}
