import SystemPackage

/// The named moments at which a test can kill the process or make a step fail: before and after each write, sync and rename.
///
/// Shipped binaries are built without `STRATA_FAILPOINTS`; there every check is empty. Otherwise the environment variable
/// `STRATA_FAILPOINT` names one point: `blob.after-rename` kills the process there with SIGKILL, `blob.after-rename:3` only the
/// third time it is reached, `blob.after-rename=ENOSPC` makes the step fail with that error instead, `blob.after-rename=TRAP` ends
/// the process as a fault of the program would, and `blob.after-rename=STOP` stops it until somebody continues it.
package enum Failpoint: String, CaseIterable, Sendable {
    case storeBeforeDirectories = "store.before-directories"
    case storeAfterDirectories = "store.after-directories"

    case newIndexBeforeWrite = "new-index.before-write"
    case newIndexAfterWrite = "new-index.after-write"
    case newIndexAfterSync = "new-index.after-sync"
    case newIndexAfterRename = "new-index.after-rename"
    case newIndexAfterDirectorySync = "new-index.after-directory-sync"

    case markerBeforeWrite = "marker.before-write"
    case markerAfterWrite = "marker.after-write"
    case markerAfterSync = "marker.after-sync"
    case markerAfterRename = "marker.after-rename"
    case markerAfterDirectorySync = "marker.after-directory-sync"

    case formatBeforeWrite = "format.before-write"
    case formatAfterWrite = "format.after-write"
    case formatAfterSync = "format.after-sync"
    case formatAfterRename = "format.after-rename"
    case formatAfterDirectorySync = "format.after-directory-sync"

    case sessionBeforeDirectory = "session.before-directory"
    case sessionAfterDirectory = "session.after-directory"
    case sessionAfterLock = "session.after-lock"
    case sessionBeforeHold = "session.before-hold"
    case sessionAfterHold = "session.after-hold"
    case sessionBeforeEnd = "session.before-end"
    case sessionAfterEnd = "session.after-end"

    case blobBeforeCreate = "blob.before-create"
    case blobAfterCreate = "blob.after-create"
    case blobBeforeWrite = "blob.before-write"
    case blobAfterWrite = "blob.after-write"
    case blobBeforeSync = "blob.before-sync"
    case blobAfterSync = "blob.after-sync"
    case blobAfterRename = "blob.after-rename"
    case blobAfterDirectorySync = "blob.after-directory-sync"

    case indexBeforeWrite = "index.before-write"
    case indexAfterWrite = "index.after-write"
    case indexAfterSync = "index.after-sync"
    case indexAfterRename = "index.after-rename"
    case indexAfterDirectorySync = "index.after-directory-sync"

    case outputBeforeWrite = "output.before-write"
    case outputAfterWrite = "output.after-write"
    case outputAfterSync = "output.after-sync"
    case outputAfterRename = "output.after-rename"
    case outputAfterDirectorySync = "output.after-directory-sync"

    case catalogBeforeCreate = "catalog.before-create"
    case catalogAfterCreate = "catalog.after-create"
    case catalogAfterRemove = "catalog.after-remove"
    case catalogAfterRename = "catalog.after-rename"
    case catalogBeforeWrite = "catalog.before-write"
    case catalogAfterWrite = "catalog.after-write"

    case cacheBeforeWrite = "cache.before-write"
    case cacheAfterWrite = "cache.after-write"
    case containerBeforeRun = "container.before-run"
    case containerAfterNote = "container.after-note"
    case containerAfterRun = "container.after-run"
    case containerMarked = "container.marked"
    case containerRemoving = "container.removing"
    case layerBeforeMove = "layer.before-move"
    case layerAfterMove = "layer.after-move"

    case settingsBeforeWrite = "settings.before-write"
    case settingsAfterWrite = "settings.after-write"
    case settingsAfterSync = "settings.after-sync"
    case settingsAfterRename = "settings.after-rename"
    case settingsAfterDirectorySync = "settings.after-directory-sync"

    case repairBeforeRecord = "repair.before-record"
    case repairBeforeWrite = "repair.before-write"
    case repairAfterWrite = "repair.after-write"
    case repairAfterSync = "repair.after-sync"
    case repairAfterRename = "repair.after-rename"
    case repairAfterDirectorySync = "repair.after-directory-sync"
    case repairAfterRecord = "repair.after-record"
    case repairAfterSetAside = "repair.after-set-aside"
    case repairBeforeRestore = "repair.before-restore"
    case repairAfterRestore = "repair.after-restore"
    case repairBeforeSession = "repair.before-session"
    case repairAfterSession = "repair.after-session"

    case releaseBeforeBin = "release.before-bin"
    case releaseAfterBin = "release.after-bin"
    case releaseBeforeWrite = "release.before-write"
    case releaseAfterWrite = "release.after-write"
    case releaseAfterSync = "release.after-sync"
    case releaseAfterRename = "release.after-rename"
    case releaseAfterDirectorySync = "release.after-directory-sync"
    case releaseBeforeMove = "release.before-move"
    case releaseAfterMove = "release.after-move"
    case releaseBeforeComplete = "release.before-complete"
    case releaseAfterComplete = "release.after-complete"
    case releaseBeforeRemove = "release.before-remove"
    case releaseAfterRemove = "release.after-remove"
    case planBeforeWrite = "plan.before-write"
    case planAfterWrite = "plan.after-write"
    case planAfterSync = "plan.after-sync"
    case planAfterRename = "plan.after-rename"
    case planAfterDirectorySync = "plan.after-directory-sync"
    case undoBeforeMove = "undo.before-move"
    case undoAfterMove = "undo.after-move"

    /// Kills the process here when a test asked for it; `path` is what the step is about.
    @inline(__always)
    package func hit(_ path: String) {
        #if STRATA_FAILPOINTS
            _ = FailpointScript.shared.meet(self, path: path)
        #endif
    }

    /// Kills the process here, or fails as `operation` on `path` would, when a test asked for it.
    @inline(__always)
    package func check(_ operation: StorageError.Operation, _ path: String) throws(StorageError) {
        #if STRATA_FAILPOINTS
            if let errno = FailpointScript.shared.meet(self, path: path) { throw StorageError(operation, path, errno) }
        #endif
    }

    /// The points of one durable write, in their order.
    package struct Write: Sendable {
        let beforeWrite, afterWrite, afterSync, afterRename, afterDirectorySync: Failpoint

        /// A new store's `index.json`.
        package static let newIndex = Write(
            beforeWrite: .newIndexBeforeWrite, afterWrite: .newIndexAfterWrite, afterSync: .newIndexAfterSync,
            afterRename: .newIndexAfterRename, afterDirectorySync: .newIndexAfterDirectorySync)
        /// A new store's `oci-layout`.
        package static let marker = Write(
            beforeWrite: .markerBeforeWrite, afterWrite: .markerAfterWrite, afterSync: .markerAfterSync,
            afterRename: .markerAfterRename, afterDirectorySync: .markerAfterDirectorySync)
        /// A new store's `strata.json`.
        package static let format = Write(
            beforeWrite: .formatBeforeWrite, afterWrite: .formatAfterWrite, afterSync: .formatAfterSync,
            afterRename: .formatAfterRename, afterDirectorySync: .formatAfterDirectorySync)
        /// A changed `index.json`.
        package static let index = Write(
            beforeWrite: .indexBeforeWrite, afterWrite: .indexAfterWrite, afterSync: .indexAfterSync,
            afterRename: .indexAfterRename, afterDirectorySync: .indexAfterDirectorySync)
        /// The record of what a release removes.
        package static let release = Write(
            beforeWrite: .releaseBeforeWrite, afterWrite: .releaseAfterWrite, afterSync: .releaseAfterSync,
            afterRename: .releaseAfterRename, afterDirectorySync: .releaseAfterDirectorySync)
        /// A plan.
        package static let plan = Write(
            beforeWrite: .planBeforeWrite, afterWrite: .planAfterWrite, afterSync: .planAfterSync,
            afterRename: .planAfterRename, afterDirectorySync: .planAfterDirectorySync)
        /// A file of the user's settings, outside the store.
        package static let settings = Write(
            beforeWrite: .settingsBeforeWrite, afterWrite: .settingsAfterWrite, afterSync: .settingsAfterSync,
            afterRename: .settingsAfterRename, afterDirectorySync: .settingsAfterDirectorySync)
        /// The record of what a repair sets aside.
        package static let repair = Write(
            beforeWrite: .repairBeforeWrite, afterWrite: .repairAfterWrite, afterSync: .repairAfterSync,
            afterRename: .repairAfterRename, afterDirectorySync: .repairAfterDirectorySync)
    }
}
