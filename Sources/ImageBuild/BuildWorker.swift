package import DockerfileLanguage
package import LayerArchive
package import OCISpec
package import StorageIO

/// A tree that steps copy from and build upon.
package protocol StageTree: FileSource, TargetTree {}

/// One run of a command in the image built so far.
package struct RunStep: Sendable {
    /// A mount of the step, its source found.
    package struct Mount: Sendable {
        /// What is shown at the target.
        package enum Source: Sendable {
            /// Files of the context, a stage or an image, below a path.
            case files(any FileSource, [UInt8])
            /// A folder that steps share by its name.
            case cache(Cache)
            /// A file system in memory, of at most so many bytes where a limit is given.
            case tmpfs(bytes: Int64?)
            /// A socket of this machine.
            case socket(String)
            /// A file with these bytes, in no layer.
            case secret([UInt8], mode: UInt16, uid: UInt32, gid: UInt32)
        }

        /// What is mounted, already found: nothing is looked up any more.
        package var source: Source
        /// Absolute, within the image.
        package var target: String
        /// Whether the command may write there; writes to `files` are dropped.
        package var isWritable: Bool
    }

    /// A folder that steps share by its name, made with a mode and an owner.
    package struct Cache: Sendable {
        /// Its name.
        package var id: String
        /// Permission bits; nil for the usual ones.
        package var mode: UInt16?
        /// Whose it is, by number of the image.
        package var uid: UInt32
        /// Its group, by number of the image.
        package var gid: UInt32
        /// What another step meets that uses it meanwhile.
        package var sharing: RunMount.Sharing
        /// What it begins with, if anything.
        package var seed: CacheSeed?
    }

    /// What a cache folder begins with where it is new.
    package struct CacheSeed: Sendable {
        /// Of a stage, an image or a context.
        package var source: any FileSource
        /// The directory in it.
        package var path: [UInt8]
        /// What is in that: a folder that began with something else is another cache.
        package var contents: Digest
    }

    /// Of the image built so far, lowest first.
    package var layers: [BuildLayer]
    /// The program and its arguments.
    package var command: [String]
    /// `NAME=value`.
    package var environment: [String]
    /// Absolute.
    package var workingDirectory: String
    /// Whom the command runs as, by number of the image.
    package var uid: UInt32
    /// Its group, by number of the image.
    package var gid: UInt32
    /// Further groups of the user.
    package var groups: [UInt32]
    /// What the command sees of the network.
    package var network: RunFlags.Network
    /// What the command line says of all commands.
    package var surroundings: RunSurroundings
    /// Whose programs the image has.
    package var platform: Platform
    /// In the order in which they are made.
    package var mounts: [Mount]
    /// Whether the build still wants it; whoever runs the command ends it when not.
    package var stop: BuildStop
}

/// A step's result as the cache keeps it.
package struct CachedStep: Hashable, Sendable, Codable {
    /// Nil where the step stores nothing.
    package var layer: BuildLayer?
    /// When it was made, as RFC 3339 has it.
    package var created: String
    /// What the step was, for people.
    package var text: String

    /// A result from its parts.
    package init(layer: BuildLayer?, created: String, text: String) {
        self.layer = layer
        self.created = created
        self.text = text
    }

    /// The same under the words of this Dockerfile: another one may have written the same step otherwise.
    func told(as text: String) -> CachedStep { CachedStep(layer: layer, created: created, text: text) }
}

/// A layer that a step made, and what a scan of it found.
package struct MadeLayer: Sendable {
    /// What the image lists.
    package var layer: BuildLayer
    /// Its entries, for the merged tree of the steps that follow.
    package var index: LayerIndex

    /// A layer from its parts.
    package init(layer: BuildLayer, index: LayerIndex) {
        self.layer = layer
        self.index = index
    }
}

/// A fetched file.
package struct FetchedFile: Sendable {
    /// Its bytes, in a file that stays open.
    package var content: SourceContent
    /// SHA-256 of these bytes.
    package var digest: Digest
    /// How many bytes there are.
    package var size: Int64
    /// When its server says that it changed last; seconds since 1970.
    package var modifiedSeconds: Int64?

    /// A file from its parts.
    package init(content: SourceContent, digest: Digest, size: Int64, modifiedSeconds: Int64?) {
        self.content = content
        self.digest = digest
        self.size = size
        self.modifiedSeconds = modifiedSeconds
    }
}

/// Who does the work of a build: finds images, stores layers, runs commands, remembers steps.
///
/// What the caller gives is not its concern, see `BuildInputs`. Several threads may use one.
package protocol BuildWorker: Sendable {
    /// The image of that name.
    func image(_ name: String, for platform: Platform) throws -> StageState
    /// What layers show together.
    func tree(of layers: [BuildLayer]) throws -> any StageTree
    /// What a file holds when it is a tar, compressed or not; nil for any other file.
    func archive(_ content: SourceContent) throws -> (any FileSource)?
    /// Fetches a file from a server.
    func fetch(_ url: String) throws -> FetchedFile
    /// Fetches a commit of a repository and gives the files of the folder that the address names.
    ///
    /// `keepsRepository` leaves `.git` in it, and `checksum` is what the commit must begin with.
    func checkout(_ address: GitAddress, keepsRepository: Bool, checksum: String?) throws -> any FileSource
    /// A nameless file with these bytes.
    func spool(_ bytes: [UInt8]) throws -> File

    /// Stores the layer that `body` writes.
    func makeLayer(_ body: @escaping @Sendable (TarWriter) throws -> Void) throws -> MadeLayer
    /// Runs a command and stores what it changed; output goes to `output` as it comes.
    func run(_ step: RunStep, output: @escaping @Sendable ([UInt8]) -> Void) throws -> MadeLayer

    /// What the cache has for a step (`slot`) with inputs of these contents.
    func cachedStep(_ slot: Digest, _ contents: Digest) throws -> CachedStep?
    /// Whether the cache has anything for a step.
    func hasCachedSteps(_ slot: Digest) throws -> Bool
    /// The contents that files of this look had when they were read last.
    func knownContents(_ slot: Digest, look: Digest) throws -> Digest?
    /// Puts a step's result into the cache, with the look of its files where that may be trusted.
    func remember(_ step: CachedStep, _ slot: Digest, _ contents: Digest, look: Digest?) throws
}

/// Which step of a build something is about.
package struct StepLabel: Hashable, Sendable {
    /// Counted from 1 over the whole build.
    package var number: Int
    /// The stage's name, or its number where it has none; nil in a build of one stage.
    package var stage: String?
    /// Which of the stage's steps, from 1.
    package var position: Int
    /// How many steps the stage has.
    package var count: Int
    /// The instruction.
    package var text: String
}

/// What a build tells while it runs.
package enum BuildEvent: Sendable {
    /// The step is looked up, or made.
    case began(StepLabel)
    /// A piece of what a command wrote.
    case output(StepLabel, [UInt8])
    /// The step is done: from the cache or made now, with its layer where it has one.
    case finished(StepLabel, isCached: Bool, BuildLayer?)
    /// Something worth knowing.
    case warned(String)
}
