// https://man7.org/linux/man-pages/man3/mallopt.3.html

import CLinux

/// How the process asks the system for memory.
package enum ProcessMemory {
    /// Blocks from this size on are mapped each on its own: the tables of an index or a tree are, a path is not.
    private static let ownMapping: Int32 = 4 << 20

    /// Gives large blocks back to the system when they are freed; to be called before there is a second thread.
    ///
    /// By itself the C library raises the size from which on it does so to that of the largest block that was freed, up to 32 MiB. Then
    /// what a step needed for a moment (an index while it is unpacked, the list of a layer that is read) stays with the process beside
    /// what the next step needs: a hundred megabytes at a million entries.
    package static func returnLargeBlocks() {
        // A C library without the setting answers 0 and goes on as it was.
        _ = strata_map_blocks_from(ownMapping)
    }
}
