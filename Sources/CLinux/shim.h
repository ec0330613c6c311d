/* Calls of Linux that the Glibc module does not have. It is built without _GNU_SOURCE, and so is this: what needs that is said here. */
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int unshare(int flags);
int setns(int fd, int kind);
ssize_t getdents64(int fd, void *buffer, size_t length);
int pipe2(int ends[2], int flags);

enum {
    STRATA_NEW_MOUNTS = 0x00020000,
    STRATA_NEW_USERS = 0x10000000,
    STRATA_NEW_PROCESSES = 0x20000000,
    STRATA_NEW_NETWORK = 0x40000000
};

/* `prctl` takes a variable number of arguments, which Swift does not call. */
static inline int strata_die_with_parent(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

#include <malloc.h>

/* From which size on `malloc` maps blocks on their own; the setting ends the rule by which it raises that size itself. */
static inline int strata_map_blocks_from(int bytes) { return mallopt(M_MMAP_THRESHOLD, bytes); }

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/* By how much each heap grows at a time. */
static inline int strata_grow_heaps_by(int bytes) { return mallopt(M_TOP_PAD, bytes); }

/* Asks for huge pages for the next `bytes` of the heap from which this thread allocates; that is advice, whatever is there. */
static inline int strata_advise_huge_pages(size_t bytes) {
    enum { huge_page = 2 << 20, advice = 14 /* MADV_HUGEPAGE */ };
    /* Larger than what is left of a new heap, and smaller than what is mapped on its own. */
    char *volatile block = malloc(1 << 20);
    if (!block) return -1;
    uintptr_t first = ((uintptr_t)block + huge_page - 1) / huge_page * huge_page;
    free(block);
    return madvise((void *)first, bytes, advice);
}

/* Macros that Swift does not see. */
static inline unsigned long long strata_device(unsigned int major, unsigned int minor) { return makedev(major, minor); }
static inline unsigned int strata_device_major(unsigned long long device) { return major(device); }
static inline unsigned int strata_device_minor(unsigned long long device) { return minor(device); }

/* Swift hides `fork`, since it leaves a process of several threads with one. It is called where there is one thread alone. */
static inline int strata_fork_single_threaded(void) { return fork(); }

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Makes the terminal of descriptor 0 that of the session; ioctl takes a variable number of arguments. */
static inline int strata_take_terminal(void) { return ioctl(0, TIOCSCTTY, 0); }
static inline int strata_resize_terminal(int fd, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(fd, TIOCSWINSZ, &size);
}

/* How many bytes a pipe or a terminal has for its reader. */
static inline int strata_waiting_bytes(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : 0;
}

#include <sys/socket.h>

/* The descriptor that comes with the next message of a socket; -1 where none does. Swift has no macros for control messages. */
static inline int strata_receive_descriptor(int socket) {
    char word[256];
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec part = {.iov_base = word, .iov_len = sizeof word};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) < 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
    return *(int *)CMSG_DATA(header);
}

#include <net/if.h>
#include <string.h>

/* Brings the loopback interface of this thread's network namespace up; ioctl takes a variable number of arguments. */
static inline int strata_raise_loopback(void) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return -1;
    int result = ioctl(socket_, SIOCSIFFLAGS, &request);
    close(socket_);
    return result;
}

#include <sys/syscall.h>

/* Closes all descriptors from one on; newer than the C library. */
static inline int strata_close_from(int first) { return syscall(SYS_close_range, first, ~0U, 0); }

#include <linux/stat.h>

/* Whether something is mounted at `name`, as a bind mount of the same file system may be; -1 where the kernel does not say. */
static inline int strata_is_mount_root(int directory, const char *name) {
    struct statx status;
    if (syscall(SYS_statx, directory, name, AT_SYMLINK_NOFOLLOW, 0, &status) != 0) return -1;
    if (!(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)) return -1;
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

#include <linux/openat2.h>

/* Opens what is below `directory`, and no symlink on the way; newer than the C library. */
static inline int strata_open_below(int directory, const char *path, int flags) {
    struct open_how how = {.flags = flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    return syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/* Opens what is in `directory` itself, and nothing that is mounted there, be it of the same file system: that fails with EXDEV. */
static inline int strata_open_unmounted(int directory, const char *name, int flags) {
    struct open_how how = {.flags = flags, .resolve = RESOLVE_NO_XDEV};
    return syscall(SYS_openat2, directory, name, &how, sizeof how);
}

/* A copy of a descriptor of another process, which this one could trace; both calls are newer than the C library. */
static inline int strata_copy_descriptor(int process, int descriptor) {
    int handle = syscall(SYS_pidfd_open, process, 0);
    if (handle < 0) return -1;
    int copy = syscall(SYS_pidfd_getfd, handle, descriptor, 0);
    close(handle);
    return copy;
}

/* Trees of mounts, moved by descriptors; all three calls and their numbers are newer than the C library. */

/* A copy of what is mounted at `path` and below, which is nowhere yet. */
static inline int strata_clone_mounts(const char *path) {
    enum { clone = 1, recursive = 0x8000 };
    return syscall(SYS_open_tree, AT_FDCWD, path, clone | recursive | O_CLOEXEC);
}

/* Mounts such a copy at `path`, at whose end no symlink is followed. */
static inline int strata_attach_mounts(int tree, const char *path) {
    enum { by_descriptor = 4 };
    return syscall(SYS_move_mount, tree, "", AT_FDCWD, path, by_descriptor);
}

/* Lets nobody write to the mount at `path`; those below it stay as they are. */
static inline int strata_make_read_only(const char *path) {
    struct { unsigned long long set, clear, propagation, user; } attributes = {.set = 1};
    return syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attributes, sizeof attributes);
}

/* Locks of open files on all their bytes; the commands and their numbers are Linux's, and declared for GNU sources only. */
static inline int strata_change_record_lock(int fd, short type) {
    struct flock all = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, 37 /* F_OFD_SETLK */, &all);
}
static inline int strata_lock_record(int fd) { return strata_change_record_lock(fd, F_WRLCK); }
static inline int strata_unlock_record(int fd) { return strata_change_record_lock(fd, F_UNLCK); }
