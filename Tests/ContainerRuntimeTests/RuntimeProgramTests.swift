import ContainerRuntime
import ContentStorage
import Foundation
import TestSupport
import Testing

/// Which program starts containers, and with which words.
@Suite struct RuntimeProgramTests {
    private func folder(_ programs: String...) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for program in programs {
            let path = folder.path(program)
            try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        return folder
    }

    @Test func crunComesBeforeRunc() throws {
        let both = try folder("crun", "runc")
        #expect(try RuntimeProgram.find(searchPath: both.path).path == both.path("crun"))
        let other = try folder("odd")
        #expect(try RuntimeProgram.find("odd", searchPath: "/nowhere:\(other.path)").path == other.path("odd"))
        #expect(try RuntimeProgram.find(other.path("odd"), searchPath: nil).path == other.path("odd"))
    }

    @Test func oneThatIsNotThereIsNamed() throws {
        #expect(throws: RuntimeError.noRuntime(wanted: "no-such-runtime")) {
            _ = try RuntimeProgram.find("no-such-runtime", searchPath: "/nowhere")
        }
    }

    @Test func itsNotesAreInTheBundle() throws {
        let (crun, runc) = (try folder("crun"), try folder("runc"))
        let bundle = Bundle(folder: "/s/run", id: "c0ffee")
        let first = try RuntimeProgram.find(searchPath: crun.path).run(bundle, usesControlGroup: false)
        #expect(first.prefix(3) == [crun.path("crun"), "--root", "/s/run/state"])
        #expect(first.contains("--cgroup-manager=disabled") && first.suffix(3) == ["--bundle", "/s/run", "c0ffee"])
        let second = try RuntimeProgram.find(runc.path("runc"), searchPath: nil).run(bundle, usesControlGroup: true)
        #expect(!second.contains { $0.hasPrefix("--cgroup-manager") })
    }

    /// crun takes what is before a colon for the kind of the log.
    @Test func aColonInAPathIsNoKindOfALog() throws {
        let crun = try folder("crun")
        let words = try RuntimeProgram.find(searchPath: crun.path).run(
            Bundle(folder: "/s/a:b", id: "c0ffee"), usesControlGroup: true)
        #expect(words.contains("file:/s/a:b/log"), "\(words)")
    }

    /// Commas and colons of a store's path would mean something in the options of a mount.
    @Test func anOverlayNamesNothingByTheStoresPath() {
        let overlay = Confinement.Overlay(
            layersFolder: "/a,b:c/layers/l", lower: ["B", "/a,b:c/containers/x/layers/0/diff"], upper: "/a,b:c/containers/x/diff",
            work: "/a,b:c/containers/x/work", merged: "/a,b:c/containers/x/merged")
        #expect(
            overlay.options.hasPrefix(
                "lowerdir=B:../../containers/x/layers/0/diff,upperdir=../../containers/x/diff,workdir=../../containers/x/work,"),
            "\(overlay.options)")
        #expect(!overlay.options.contains("a,b:c"))
    }
}
