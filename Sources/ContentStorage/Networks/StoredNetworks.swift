package import OCISpec
package import StorageIO
package import TextValues

/// The networks of a store, `networks/<name>.json`: ranges of addresses that containers get theirs from.
///
/// Who changes them, or gives a container an address, has the lock of the folder. Which containers join one their records say, and
/// which address each has the files of their runs: nothing is to be kept in step.
package struct StoredNetworks: Sendable {
    /// Their folder, below the store.
    package static let folderName = "networks"
    /// The network of containers that ask for none by name, made when the first one does.
    package static let usualName = "bridge"
    private static let suffix = ".json"
    private static let limits = DocumentLimits(maxBytes: 1 << 20)
    private static let patience = Duration.seconds(120)

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The name that a text is, as docker takes it; nil for what cannot be one, or means something else.
    package static func name(_ text: String) -> PathPart? {
        func isUsual(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        guard let first = text.utf8.first, isUsual(first), text.utf8.count < 128, !reserved.contains(text) else { return nil }
        guard text.utf8.allSatisfy({ isUsual($0) || $0 == 95 || $0 == 46 || $0 == 45 }) else { return nil }
        return PathPart(text)
    }

    private static let reserved: Set = ["host", "none", "default", "container", "private", "ns"]

    /// What the store keeps of a network.
    package struct Record: Hashable, Sendable, Codable {
        /// 64 hexadecimal digits.
        package var id: String
        /// When it was made.
        package var created: Timestamp
        /// Its addresses.
        package var range: IPv4Range
        /// The machine's own address in it.
        package var gateway: IPv4Address
        /// Whether nothing leads out of it.
        package var isInternal: Bool
        /// Whether its containers find each other by their names.
        package var hasNames: Bool
        /// Notes on it.
        package var labels: [ExactText: String]?

        /// A record from its parts.
        package init(
            id: String, created: Timestamp, range: IPv4Range, gateway: IPv4Address, isInternal: Bool, hasNames: Bool,
            labels: [ExactText: String]? = nil
        ) {
            self.id = id
            self.created = created
            self.range = range
            self.gateway = gateway
            self.isInternal = isInternal
            self.hasNames = hasNames
            self.labels = labels
        }

        /// What the machine calls its interface in it: no longer than 15 bytes, and no other store's.
        package var interface: String { "strata-\(id.filter(\.isHexDigit).prefix(8).lowercased())" }
    }

    /// The names of all networks, in order.
    package func names() throws(ContentError) -> [PathPart] {
        guard let home = try home() else { return [] }
        return try lift(try home.names(), to: ContentError.init).compactMap { file in
            file.hasSuffix(Self.suffix) ? Self.name(String(file.dropLast(Self.suffix.count))) : nil
        }.sorted()
    }

    /// The record of a network; nil where there is none of that name.
    package func record(_ name: PathPart) throws(ContentError) -> Record? {
        guard let home = try home() else { return nil }
        let bytes = try lift(try home.readFile("\(name)\(Self.suffix)", limit: Self.limits.maxBytes), to: ContentError.init)
        guard let bytes else { return nil }
        do { return try decodeDocument(Record.self, from: bytes, limits: Self.limits) } catch {
            throw .networkDamaged(name.text, error)
        }
    }

    /// The lock under which networks are made and removed, and containers get their addresses.
    package func lock() throws(ContentError) -> FileLock {
        try lift(to: ContentError.init) { () throws(StorageError) -> FileLock in
            let home = try content.root.ensureDirectory(Self.folderName)
            return try FileLock.acquire(directory: home, .exclusive, patience: Self.patience)
        }
    }

    /// Writes a network; the caller has the lock.
    package func write(_ record: Record, as name: PathPart) throws(ContentError) {
        let bytes: [UInt8]
        do { bytes = try encodeDocument(record) } catch { throw .networkDamaged(name.text, error) }
        try lift(to: ContentError.init) { () throws(StorageError) in
            try content.root.ensureDirectory(Self.folderName).writeQuickly("\(name)\(Self.suffix)", bytes)
        }
    }

    /// Makes a network, unless there is one of that name, and returns its record; the caller has the lock.
    ///
    /// Without a range it gets one of which neither the store nor the machine has an address; nil where all are taken.
    package func make(
        _ name: PathPart, range: IPv4Range? = nil, gateway: IPv4Address? = nil, isInternal: Bool = false,
        labels: [ExactText: String]? = nil, at moment: Timestamp
    ) throws(ContentError) -> Record? {
        if let known = try record(name) { return known }
        let free = range == nil ? try freeRange() : nil
        guard let range = range ?? free else { return nil }
        let record = Record(
            id: PathPart.random().text, created: moment, range: range,
            gateway: gateway ?? IPv4Address(number: range.base.number + 1), isInternal: isInternal,
            hasNames: name.text != Self.usualName, labels: labels)
        try write(record, as: name)
        return record
    }

    /// Ranges that networks of the store or interfaces of the machine have.
    package func takenRanges() throws(ContentError) -> [IPv4Range] {
        var taken = MachineRoutes.ranges()
        for name in try names() { if let record = try record(name) { taken.append(record.range) } }
        return taken
    }

    /// A range of 256 addresses that nobody has, below 10.89.0.0 and up; by chance, since other stores choose as well.
    private func freeRange() throws(ContentError) -> IPv4Range? {
        let (first, count): (UInt32, UInt32) = (10 << 24 | 89 << 16, 39 << 8)
        let taken = try takenRanges()
        let start = UInt32.random(in: 0..<count)
        for step in 0..<count {
            let range = IPv4Range(of: IPv4Address(number: first + ((start + step) % count) << 8), prefixLength: 24)
            if !taken.contains(where: range.overlaps) { return range }
        }
        return nil
    }

    /// Removes a network that no container joins; false where there is none.
    ///
    /// `.networkInUse` names the containers that do.
    package func remove(_ name: PathPart) throws(ContentError) -> Bool {
        guard let home = try home() else { return false }
        let lock = try lock()
        defer { lock.release() }
        let users = try content.containers.records().filter { $0.network == name }
        if !users.isEmpty { throw .networkInUse(name.text, by: users.map { $0.name ?? $0.id.text }) }
        return try lift(try home.removeFile("\(name)\(Self.suffix)"), to: ContentError.init)
    }

    /// The addresses of a network that containers have, with their IDs; also of those whose end nobody has cleared up after.
    package func addresses(in name: PathPart) throws(ContentError) -> [IPv4Address: PathPart] {
        var found: [IPv4Address: PathPart] = [:]
        for id in try content.containers.ids() {
            do {
                guard let run = try content.containers.folder(id).network(), run.name == name.text else { continue }
                if let address = run.address { found[address] = id }
            } catch .containerDamaged {
                // Its address, if it has one, is not known; the kernel tells of two with one address.
                continue
            } catch {
                if !error.isOfAbsentContainer { throw error }
            }
        }
        return found
    }

    private func home() throws(ContentError) -> Directory? {
        try content.requireInPlace(Self.folderName)
        return try lift(try content.ownFolder(Self.folderName), to: ContentError.init)
    }
}

extension ContentStore {
    /// The networks.
    package var networks: StoredNetworks { StoredNetworks(self) }
}
