import Foundation
import Glibc
import TestSupport
import Testing

/// A plan of an engine's, and what others do to its victims while it is carried out, or before.
///
/// Each victim is called after what is done to it.
struct EngineRace {
    /// What is done to a victim.
    enum Act: String, CaseIterable {
        /// Its name is given to the base.
        case move
        /// A container of it is started.
        case use
        /// Another image is built from it.
        case build
        /// An image is built whose first steps it is.
        case rebuild
        /// An image is loaded that has its layers.
        case load
        /// It is given another name.
        case name
        /// The engine is told to remove it.
        case remove

        func isPossible(_ kind: EngineHost.Kind) -> Bool {
            switch self {
            case .build: kind != .containerd
            // podman's builds need no cache: what is not there they make.
            case .rebuild: kind == .docker
            default: true
            }
        }
    }

    /// What became of a victim.
    struct Item {
        let status: String
        let detail: String
        let predicted: Int64
    }

    static let base = "localhost/base:1"
    let host: EngineHost
    let seed: Int
    let acts: [Act]
    /// Whether Docker builds with BuildKit.
    let withBuildKit: Bool
    private var builder: [String: String] { ["DOCKER_BUILDKIT": withBuildKit ? "1" : "0"] }
    private let planID: String
    private let predicted: [String: Int64]

    func victim(_ act: Act) -> String { "localhost/\(act):\(seed)" }
    /// What an act makes where it makes something: an image's name, or a container's.
    func made(_ act: Act) -> String { act == .use ? "user-\(seed)" : "localhost/made-\(act):\(seed)" }
    static func untouched(_ seed: Int) -> [String] { (0..<2).map { "localhost/alone\($0):\(seed)" } }

    /// What every image is made on, and what can be started.
    private static func busybox() throws -> BuiltLayer { BuiltLayer(try busyboxTar()) }

    private static func image(_ name: String, _ seed: Int) throws -> ImageBuilder {
        let own = (0..<2).map { part in
            BuiltLayer([.file("\(name)-\(part)", size: 20_000 + part, seed: UInt64(seed * 2 + part + 1))])
        }
        return ImageBuilder([try busybox()] + own, named: "localhost/\(name):\(seed)")
    }

    private static func steps(_ seed: Int) -> String { "FROM \(base)\nLABEL seed=\(seed)\nCOPY a /a\n" }

    /// Puts the image on an engine on which all others are made; ends the test where the engine cannot start a container.
    static func prepare(_ host: EngineHost) throws {
        try host.load([ImageBuilder([try busybox()], named: base)])
        try Skip.unless(try host.starts(base), "containers of \(host.kind) do not start here")
    }

    /// Makes victims for these acts, and the plan to remove them.
    init(_ host: EngineHost, _ acts: [Act], seed: Int) throws {
        (self.host, self.acts, self.seed) = (host, acts.filter { $0.isPossible(host.kind) }, seed)
        withBuildKit = seed.isMultiple(of: 2)
        let builder = ["DOCKER_BUILDKIT": withBuildKit ? "1" : "0"]
        var images = try self.acts.filter { $0 != .rebuild }.map { try Self.image("\($0)", seed) }
        images += try Self.untouched(seed).indices.map { try Self.image("alone\($0)", seed) }
        try host.load(images)
        if self.acts.contains(.rebuild) {
            try host.client(
                host.building(Self.steps(seed), "localhost/rebuild:\(seed)", as: "context"), environment: builder)
        }
        let plan = try host.document(["plan", "-a", "--keep", "^localhost/base:", "--engine", host.engine])
        planID = try #require(plan["id"] as? String)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        predicted = Dictionary(
            victims.map { ($0["name"] as? String ?? "", ($0["freesBytes"] as? NSNumber)?.int64Value ?? 0) },
            uniquingKeysWith: +)
        #expect(
            Set(predicted.keys).isSuperset(of: self.acts.map { "localhost/\($0):\(seed)" } + Self.untouched(seed)),
            "\(predicted)")
    }

    /// Begins an act.
    private func begin(_ act: Act) throws -> RunningProgram {
        let victim = victim(act)
        switch act {
        case .move: return try host.start(host.tagging(Self.base, victim))
        case .use: return try host.start(host.starting(made(act), of: victim))
        case .name: return try host.start(host.tagging(victim, made(act)))
        case .remove: return try host.start(host.removing(victim))
        case .load:
            var image = try Self.image("load", seed)
            image.layers.append(BuiltLayer([.file("more", size: 9000, seed: UInt64(seed + 7))]))
            image.names = [made(act)]
            return try host.start(host.loading(image, as: "race"))
        case .build:
            return try host.start(host.building("FROM \(victim)\nCOPY b /b\n", made(act), as: "from"), environment: builder)
        case .rebuild:
            // Its context is the one of the victim, so that its first steps are known.
            return try host.start(host.building(Self.steps(seed) + "COPY b /b\n", made(act), as: "context"), environment: builder)
        }
    }

    /// Carries the plan out while the acts begin, each so many milliseconds after it, or before it where there are no such numbers.
    func run(after delays: [Act: Int]?) throws -> Result {
        var done: [Act: Program.Outcome] = [:]
        if delays == nil { for act in acts { done[act] = try begin(act).wait() } }
        let started = Date()
        let apply = try host.program.start(["apply", planID, "--format", "json"])
        var running: [(Act, RunningProgram)] = []
        for (act, delay) in (delays ?? [:]).sorted(by: { $0.value < $1.value }) where acts.contains(act) {
            let wait = Double(delay) / 1000 - Date().timeIntervalSince(started)
            // It is the moment itself that is by chance.
            if wait > 0 { usleep(UInt32(wait * 1_000_000)) }
            running.append((act, try begin(act)))
        }
        for (act, program) in running { done[act] = try program.wait() }
        let ended = try apply.wait()
        try #require(ended.status == 0, "\(ended.errors) \(ended.output)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        let found = try #require(document["items"] as? [[String: Any]]).map { item in
            let name = item["name"] as? String ?? ""
            return (
                name,
                Item(
                    status: item["status"] as? String ?? "", detail: item["detail"] as? String ?? "",
                    predicted: predicted[name] ?? -1)
            )
        }
        return Result(
            items: Dictionary(found) { first, _ in first }, acts: done,
            freed: try #require(document["freedBytes"] as? NSNumber).int64Value)
    }

    /// What a plan and the acts came to.
    struct Result {
        let items: [String: Item]
        let acts: [Act: Program.Outcome]
        let freed: Int64

        /// Whether an act did what it was to do.
        func did(_ act: Act) -> Bool { acts[act]?.status == 0 }
    }

    /// Whether the container is there, in whatever state.
    func hasContainer() throws -> Bool {
        let words = host.kind == .containerd ? ["containers", "ls", "-q"] : ["ps", "-a", "--format", "{{.Names}}"]
        return try host.client(words).lines.contains(made(.use))
    }
}
