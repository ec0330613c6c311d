import ContentStorage
import LayerAnalysis
import OCISpec
import Operations
import Reports

extension OperationError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: OperationError) {
        switch error {
        case .noSuchSource(let name):
            self.init(
                code: "no-such-image", message: "no image \(Self.place(name)) in the store, and no file of that name",
                hint: "`strata images` lists the images; `strata scan PATH` imports an archive")
        case .unsupportedTransport(let transport):
            self.init(
                code: "unsupported-transport", status: 2, message: "cannot read from `\(transport):`",
                hint: "save the image to a file first and name that")
        case .registryAsArchive(let name):
            self.init(
                code: "usage", status: 2, message: "docker://\(name) is an image in a registry, not an archive",
                hint: "pull it with `strata pull \(name)`")
        case .engineAsArchive(let text):
            self.init(
                code: "usage", status: 2, message: "\(text) is an image in an engine's store, not an archive",
                hint: "import it with `strata scan \(text)`")
        case .severalImages(let source, let available):
            self.init(
                code: "several-images", message: "\(source) holds several images: \(available.joined(separator: ", "))",
                hint: "name one: `docker-archive:PATH:REF`, `oci-archive:PATH:REF` or `oci:DIR:REF`")
        case .notABase(let base, let image):
            self.init(
                code: "not-a-base", message: "\(base) is not a base of \(image): its layers are not the first ones of \(image)")
        case .indexLost(let diffID, let problem):
            self.init(
                code: "index-lost",
                message: "the catalog lacks the index of layer \(diffID)" + (problem.map { ": \($0)" } ?? ""),
                hint: problem == nil ? "run the command again" : "make sure that catalog.sqlite in the store is writable")
        case .analysis(let image, let error): self.init(error, image: image)
        case .notOptimizable(let image, let fault): self.init(image, fault)
        case .notAllOptimized(let count):
            self.init(
                code: "not-all-optimized",
                message: "\(count == 1 ? "1 image was" : "\(count) images were") not written again; the others were",
                hint: "`strata fsck` tells what is damaged")
        case .notShareable(let fault): self.init(fault)
        case .noSuchLayer(let layer, let count):
            self.init(
                code: "no-such-layer", message: "the image has no layer \(layer)",
                hint: count == 0 ? "it has none" : "layers are counted from 0 to \(count - 1)")
        case .noSuchPath(let path, let image):
            self.init(
                code: "no-such-path", message: "\(image) has nothing at \(path)", hint: "`--wasted` also lists deleted files")
        case .pathNotKnown(let path, let image):
            self.init(
                code: "not-known", message: "\(image) has nothing at \(path) in the layers whose content is known",
                hint: "without `--remote` the layers of an image in a registry are read")
        case .layerNotKnown(let layer, let image):
            self.init(
                code: "not-known", message: "the content of layer \(layer) of \(image) is not known",
                hint: "without `--remote` the layers of an image in a registry are read")
        case .contentNotAvailable(let layer, let image):
            self.init(
                code: "content-not-available", message: "the bytes of layer \(layer) of \(image) cannot be read from its source",
                hint: "import the image with `strata scan`, or pull it")
        case .contentDiffers(let layer, let image):
            self.init(
                code: "content-differs", message: "layer \(layer) of \(image) is damaged: the file has other bytes than before",
                hint: "`strata fsck` verifies the store")
        case .filesNotKnown(let image):
            self.init(
                code: "not-known", message: "the files of \(image) are not known: the content of no layer is",
                hint: "without `--remote` the layers of an image in a registry are read")
        case .digestAsName(let text):
            self.init(
                code: "bad-name", status: 2, message: "refusing to create a tag with a digest reference: `\(text)`",
                hint: "leave out what follows `@`")
        case .noHistory(let name):
            self.init(
                code: "no-history", message: "no image of `\(name)` has ever been in the store",
                hint: "`strata images` lists the names of the store")
        case .noHistoryOfPlatform(let name, let available):
            self.init(
                code: "no-such-platform", message: "no image of `\(name)` for this platform has been in the store",
                hint: "`--platform` takes \(available.joined(separator: ", "))")
        case .previousOfNameless(let image):
            self.init(
                code: "no-history", message: "`\(image)` has no name, so no image comes before it",
                hint: "name an image or a kept report with `--against`")
        case .packagesUnknown(let image, let problem):
            self.init(
                code: "packages-unknown",
                message: "cannot check the packages of \(image): \(PackageText.sentence(problem))",
                hint: "leave out the rules that may be about its packages, or repair the record")
        case .notRemoved(let count, let error):
            self.init(error)
            if count > 1 { message += ", and \(count - 1) more could not be removed" }
        case .noSuchPlan(let text):
            self.init(
                code: "no-such-plan", message: "no plan \(text) in the store, and no file of that name",
                hint: PlanID(text) == nil
                    ? "`strata plan` makes one and prints its ID"
                    : "`strata plan` makes one and prints its ID; the store keeps it for \(Self.planLife)")
        case .planExpired(let id):
            self.init(
                code: "plan-expired", message: "the plan \(id) has expired: it was made more than \(Self.planLife) ago",
                hint: "`strata plan` with the same options makes a new one; a plan in a file (`--output`) does not expire")
        case .badPlan(let path, let error):
            self.init(
                code: "bad-plan", status: 2, message: "the plan \(path) \(Self.words(error))",
                hint: "make a new one with `strata plan`")
        case .nothingToUndo(let plan, let available):
            self.init(
                code: "nothing-to-undo", message: "nothing of plan \(plan) is in the trash",
                hint: available.isEmpty
                    ? "only a prune with `--trash TIME` can be undone"
                    : "these can be undone: \(available.joined(separator: ", "))")
        case .notRestored(let name, let missing):
            self.init(
                code: "not-restored",
                message: "\(name) cannot be restored: \(missing), which it shared with other images, has been removed since",
                hint: "import or pull the image again")
        case .noSuchSubject(let text):
            self.init(
                code: "no-such-subject", message: "\(text) is not a digest, a file or an image of the store",
                hint: "for a path in an image, name the image: `strata why PATH IMAGE`")
        case .nothingDeleted(let document):
            self.init(document)
        case .notEncodable(let error):
            self.init(code: "not-encodable", message: "the result cannot be written as JSON: \(error)")
        }
    }

    private static var planLife: String { "\(StoredPlans.lifeSeconds / 86_400) days" }

    private init(_ error: AnalysisError, image: String) {
        switch error {
        case .linkToNowhere(let layer, let path, let target):
            self.init(
                code: "bad-layer",
                message: """
                    layer \(layer) of \(image): the hard link /\(Self.text(path)) names /\(Self.text(target)), which no layer holds
                    """)
        case .rootIsNoDirectory(let layer):
            self.init(code: "bad-layer", message: "layer \(layer) of \(image): the entry for the root is not a directory")
        }
    }
}

extension ErrorSentence {
    /// Why `optimize` leaves an image as it is.
    fileprivate init(_ image: String, _ fault: OptimizeFault) {
        switch fault {
        case .unknownLayers:
            self.init(
                code: "unknown-layers",
                message: "\(image) has layers that the store does not hold, so it cannot be written again",
                hint: "pull the whole image first")
        case .fewerLayers(let count):
            self.init(code: "no-such-layer", message: "\(image) has \(count) layers", hint: "`--keep \(count)` keeps all of them")
        case .tableInTheWay:
            self.init(
                code: "table-in-the-way",
                message: "\(image) has a file `/stargz.index.json`, where eStargz has its table of contents",
                hint: "use `--toc zstd:chunked`")
        case .noConfig: self.init(code: "bad-config", message: "the configuration of the image is no JSON object")
        case .differs(let path):
            self.init(
                code: "not-the-same",
                message: "\(image) was not written again: it would show something else at /\(PathText.display(path))",
                hint: "`--squash` may do; please report it with the image")
        }
    }
}

extension ErrorSentence {
    /// Why images cannot share what they have in common.
    fileprivate init(_ fault: AcrossFault) {
        switch fault {
        case .badCount(let limit):
            self.init(
                code: "usage", status: 2, message: "`--across` needs 2 images or more, and at most \(limit)",
                hint: "name them one after another: `strata optimize --across A B C --into 'REPO:{name}'`")
        case .sameName(let name, let one, let other):
            self.init(
                code: "name-collision", status: 2,
                message: "\(PathText.printable(one)) and \(PathText.printable(other)) would both be named \(name.familiar)",
                hint:
                    "`{name}` is the last part of the repository and the tag: give one of them another name with `strata tag` first"
            )
        case .noRoom(let count):
            self.init(
                code: "no-room", status: 2, message: "the layers to keep leave no room for others within `--max-layers \(count)`",
                hint: "keep fewer layers, or allow more")
        case .sameHash(let path):
            self.init(
                code: "not-the-same",
                message:
                    "two different files have the same hash, one of them at /\(PathText.display(path)), so nothing was written",
                hint: "one of the images was made to deceive: find out which, and leave it out")
        }
    }
}
