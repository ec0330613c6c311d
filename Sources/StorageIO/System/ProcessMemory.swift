// https://man7.org/linux/man-pages/man3/mallopt.3.html

import CLinux
import Glibc
import Synchronization

/// How the process asks the system for memory.
package enum ProcessMemory {
    /// Blocks from this size on are mapped each on its own: the tables of an index or a tree are, a path is not.
    private static let ownMapping: Int32 = 4 << 20

    /// By how much a heap grows at a time: what is promised of a small machine's memory is not held back from others.
    private static let growth = min(64 << 20, max(4 << 20, memoryBytes / 64))
    /// The machine's memory.
    private static var memoryBytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }
    /// What is in a heap already, and so has its pages.
    private static let usualBytes = 4 << 20

    private static let growsInLargeSteps = Atomic(false)

    /// Lets heaps grow in a few steps from now on, this thread's and those of threads that begin later, of huge pages where the kernel
    /// has them for those who ask.
    ///
    /// For a look at many things: at ten thousand images it makes a hundred megabytes of small ones, and page by page that was a seventh
    /// of its time. What is freed stays with the process, so whoever reads layers does without: that was a hundred megabytes more.
    package static func growInLargeSteps() {
        guard !growsInLargeSteps.exchange(true, ordering: .relaxed) else { return }
        _ = strata_grow_heaps_by(Int32(growth))
        prepareHeap()
    }

    /// Asks for huge pages for the heap of this thread, where heaps grow in large steps.
    static func prepareHeap() {
        guard growsInLargeSteps.load(ordering: .relaxed), growth > usualBytes else { return }
        // Where the kernel has none, the pages are small ones.
        _ = strata_advise_huge_pages(growth - usualBytes)
    }

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
