import ContentStorage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO

extension BuildCommand {
    /// Stores the image's documents and gives it its names.
    func finish(
        _ state: StageState, _ names: [Reference], _ workspace: Workspace, _ session: IngestSession, at moment: Timestamp
    ) throws {
        let written = try workspace.write(state.config, layers: state.layers.map(\.descriptor), session)
        let (configDigest, descriptor) = (written.imageID, written.descriptor)
        let digest = descriptor.digest
        let entries: [(name: Reference?, descriptor: Descriptor)] =
            names.isEmpty ? [(nil, descriptor)] : names.map { ($0, descriptor) }
        // Who wants the image elsewhere, and gives it no name here, has no use for one without.
        let isKept = output == nil || !names.isEmpty
        if isKept { try workspace.publish(written, names: names, at: moment) }
        if let iidfile { try workspace.write(to: iidfile) { try $0.write(contentsOf: Array(configDigest.description.utf8)) } }
        let image = Self.scanned(state, configDigest, digest)
        if let output = output.flatMap(BuildOutput.init) {
            try output.write(
                image,
                names: entries.map { entry in
                    NamedImage(name: entry.name.map { .reference($0) }, descriptor: entry.descriptor)
                }, workspace, globals)
        }
        // Who wants the ID alone does not wait for the figures.
        let saysWaste = !globals.quiet || globals.format == .json
        let waste = saysWaste ? try waste(image, workspace) : nil
        if !isKept { try letGo([digest, configDigest], workspace, session) }
        if output.flatMap(BuildOutput.init)?.isStandardOutput == true { return }
        let report = BuildReport(
            names: names.map(\.familiar), imageID: configDigest, digest: digest,
            layers: state.layers.map { BuildReport.Layer(digest: $0.descriptor.digest, compressedBytes: $0.descriptor.size) },
            waste: waste)
        switch globals.format {
        case .text: try Output.write(globals.quiet ? report.shortText : report.text)
        case .json: try Output.write(report.json())
        }
    }

    /// Removes an image's documents, unless something else reaches them; the layers are the build cache's.
    private func letGo(_ documents: [Digest], _ workspace: Workspace, _ session: IngestSession) throws {
        // What a session holds does not go.
        try session.end()
        let options = ReleaseOptions(items: Set(documents.map { .blob($0) }))
        _ = try Release(workspace.store, now: Clock.now).run(options) { _ in [] }.orThrow()
    }

    /// What of the image is wasted, and which step stored most of that.
    private func waste(_ image: ScannedImage, _ workspace: Workspace) throws -> BuildReport.Waste? {
        let analysis = try workspace.analysis(image, base: nil)
        guard let wasted = analysis.totals.wastedBytes, let visible = analysis.totals.visibleBytes else { return nil }
        let hidden = analysis.layers.map { (layer: $0, bytes: $0.figures.hiddenBytes ?? 0) }
        let worst = hidden.max { $0.bytes < $1.bytes }
        return BuildReport.Waste(
            wastedBytes: wasted, visibleBytes: visible,
            worst: worst.flatMap { layer, bytes in
                bytes > 0 ? (layer.identity.createdBy ?? "a layer of the base", bytes) : nil
            })
    }

    private static func scanned(_ state: StageState, _ imageID: Digest, _ manifest: Digest) -> ScannedImage {
        ScannedImage(
            name: nil, manifestDigest: manifest, imageID: imageID, config: state.config, platform: state.config.platform,
            annotations: [:],
            layers: state.layers.map { ScannedLayer(diffID: $0.diffID, descriptor: $0.descriptor, isAbsent: false) })
    }
}
