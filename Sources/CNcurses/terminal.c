#define _GNU_SOURCE
#include "strata_ncurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* The terminal as it is to be left, for signal handlers: all that they touch stands here, and nothing of it is allocated anew while
   a screen is open. */
static int terminal = -1, keyboard = -1, wake_descriptor = -1;
static struct termios before, during;
static char restoring[4096];
static size_t restoring_length;
static atomic_int writing, is_restored, was_stopped, is_partial;
/* In use from the first screen on. */
static atomic_int is_taken;

/* Lets one thread at a time write; a handler that waits too long goes on all the same, since it ends or stops the process. */
static int hold(int milliseconds) {
    const struct timespec pause = {.tv_nsec = 1000000};
    for (int waited = 0; atomic_exchange(&writing, 1); waited++) {
        if (waited >= milliseconds) return 0;
        nanosleep(&pause, NULL);
    }
    return 1;
}

static void let_go(void) { atomic_store(&writing, 0); }

/* Writes all, or what a terminal takes that takes nothing any more for so long. */
static void write_all(const char *bytes, size_t count, int milliseconds) {
    while (count > 0) {
        ssize_t done = write(terminal, bytes, count);
        if (done > 0) {
            bytes += done;
            count -= (size_t)done;
            continue;
        }
        if (done < 0 && errno == EINTR) continue;
        struct pollfd place = {.fd = terminal, .events = POLLOUT};
        if (done == 0 || errno != EAGAIN || poll(&place, 1, milliseconds) <= 0) return;
    }
}

static void put_back(void) {
    /* Ends a control sequence that was written in part. */
    if (atomic_exchange(&is_partial, 0)) write_all("\x18", 1, 300);
    write_all(restoring, restoring_length, 300);
    tcsetattr(keyboard, TCSANOW, &before);
}

static void stop(int signal_number) {
    int kept = errno, held = hold(100);
    if (!atomic_exchange(&is_restored, 1)) put_back();
    if (held) let_go();
    struct sigaction own, plain = {.sa_handler = SIG_DFL};
    sigset_t one;
    sigaction(signal_number, &plain, &own);
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    raise(signal_number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    /* Here the process stops, and goes on. */
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    sigaction(signal_number, &own, NULL);
    errno = kept;
}

static void go_on(int signal_number) {
    (void)signal_number;
    int kept = errno;
    tcsetattr(keyboard, TCSANOW, &during);
    atomic_store(&was_stopped, 1);
    strata_terminal_wake();
    errno = kept;
}

/* What ends a process unless it says otherwise, but for what the process itself takes to clean up, and SIGKILL, which nobody hears. */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS,
    SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ, SIGPOLL, SIGPWR, SIGSTKFLT, SIGPIPE};
/* The first of them are faults, which happen again when their handler returns. */
enum { FAULTS = 7, CRASHES = sizeof crashes / sizeof *crashes, REAL_TIME = 32 };
static struct sigaction before_crash[CRASHES + REAL_TIME], before_stop, before_go_on;

/* The signal of a place, those of real time behind the others; 0 behind the last one. */
static int crash_at(int place) {
    if (place < CRASHES) return crashes[place];
    int number = SIGRTMIN + place - CRASHES;
    return number <= SIGRTMAX ? number : 0;
}

/* Puts the terminal back, and leaves the rest to whoever had the signal before: Swift's backtrace, or the system. */
static void crash(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    if (!atomic_exchange(&is_restored, 1)) put_back();
    int is_fault = 0;
    for (int place = 0; crash_at(place); place++) {
        if (crash_at(place) != signal_number) continue;
        sigaction(signal_number, &before_crash[place], NULL);
        is_fault = place < FAULTS && info->si_code > 0;
    }
    /* A fault happens again when this returns; a signal that was sent does not. */
    if (!is_fault) raise(signal_number);
}

int strata_terminal_take(int output, int input) {
    if (tcgetattr(input, &before) != 0) return errno;
    if (wake_descriptor < 0) wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_descriptor < 0) return errno;
    terminal = output;
    keyboard = input;
    during = before;
    cfmakeraw(&during);
    /* Ctrl-C, Ctrl-Z and Ctrl-\ stay signals, which a process obeys that is busy; of a terminal that sends none they are keys. */
    if (tcgetpgrp(input) >= 0) during.c_lflag |= ISIG;
    restoring_length = 0;
    atomic_store(&is_restored, 0);
    atomic_store(&was_stopped, 0);
    atomic_store(&is_partial, 0);
    if (tcsetattr(input, TCSADRAIN, &during) != 0) return errno;
    struct sigaction stopping = {.sa_handler = stop}, going = {.sa_handler = go_on, .sa_flags = SA_RESTART};
    struct sigaction ending = {.sa_sigaction = crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGTSTP, &stopping, &before_stop);
    sigaction(SIGCONT, &going, &before_go_on);
    for (int place = 0; crash_at(place); place++) {
        sigaction(crash_at(place), NULL, &before_crash[place]);
        /* What is ignored, as after nohup(1), or has a handler that goes on, does not end the process. */
        void (*handler)(int) = before_crash[place].sa_handler;
        if (handler == SIG_DFL || (place < FAULTS && handler != SIG_IGN)) sigaction(crash_at(place), &ending, NULL);
    }
    /* Taken by the thread that takes the others, which never writes a frame. */
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGTSTP);
    sigaddset(&one, SIGCONT);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    atomic_store(&is_taken, 1);
    return 0;
}

void strata_terminal_remember(const char *bytes, size_t length) {
    if (length > sizeof restoring) return;
    memcpy(restoring, bytes, length);
    restoring_length = length;
}

long strata_terminal_write(const char *bytes, size_t count, int is_rest) {
    if (!hold(10000)) return (long)count;
    long done = (long)count;
    if (!atomic_load(&is_restored)) {
        do done = write(terminal, bytes, count);
        while (done < 0 && errno == EINTR);
        int reason = errno;
        atomic_store(&is_partial, done < 0 ? is_rest : (size_t)done < count);
        errno = reason;
    }
    int reason = errno;
    let_go();
    errno = reason;
    return done;
}

void strata_terminal_restore(void) {
    if (!atomic_load(&is_taken)) return;
    int held = hold(300);
    if (!atomic_exchange(&is_restored, 1)) put_back();
    if (held) let_go();
}

void strata_terminal_release(void) {
    if (!atomic_exchange(&is_taken, 0)) return;
    for (int place = 0; crash_at(place); place++) sigaction(crash_at(place), &before_crash[place], NULL);
    sigaction(SIGTSTP, &before_stop, NULL);
    sigaction(SIGCONT, &before_go_on, NULL);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGTSTP);
    sigaddset(&one, SIGCONT);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

int strata_terminal_wait(int milliseconds, int wants_output) {
    struct pollfd places[3] = {
        {.fd = keyboard, .events = POLLIN}, {.fd = wake_descriptor, .events = POLLIN}, {.fd = wants_output ? terminal : -1, .events = POLLOUT}};
    if (poll(places, 3, milliseconds) <= 0) return 0;
    int ready = 0;
    if (places[0].revents & POLLIN) ready |= STRATA_READY_INPUT;
    else if (places[0].revents & (POLLHUP | POLLERR | POLLNVAL)) ready |= STRATA_READY_GONE;
    if (places[1].revents & POLLIN) {
        uint64_t count;
        if (read(wake_descriptor, &count, sizeof count) > 0) ready |= STRATA_READY_WAKE;
    }
    if (places[2].revents & POLLOUT) ready |= STRATA_READY_OUTPUT;
    else if (places[2].revents & (POLLHUP | POLLERR)) ready |= STRATA_READY_GONE;
    return ready;
}

void strata_terminal_wake(void) {
    uint64_t one = 1;
    if (wake_descriptor >= 0 && write(wake_descriptor, &one, sizeof one) < 0) return;
}

int strata_terminal_was_stopped(void) {
    if (!atomic_exchange(&was_stopped, 0)) return 0;
    atomic_store(&is_restored, 0);
    return 1;
}

int strata_terminal_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return -1;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

int strata_terminal_reopen(int descriptor) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, opened = open(path, flags);
    return opened >= 0 ? opened : open("/dev/tty", flags);
}

static locale_t own_locale, previous_locale;

/* The name that the environment gives the locale of characters. */
static const char *asked_locale(void) {
    for (const char *const *name = (const char *const[]){"LC_ALL", "LC_CTYPE", "LANG", NULL}; *name; name++) {
        const char *value = getenv(*name);
        if (value && *value) return value;
    }
    return "C";
}

int strata_locale_take(void) {
    const char *asked = asked_locale();
    own_locale = newlocale(LC_CTYPE_MASK, "", NULL);
    /* A locale that is not installed still says how the terminal writes. */
    if (!own_locale && (strcasestr(asked, "utf-8") || strcasestr(asked, "utf8")))
        own_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    if (!own_locale) return 0;
    /* Of this thread alone: libarchive reads names by the locale of its own. */
    previous_locale = uselocale(own_locale);
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int strata_column_width(uint32_t character) { return wcwidth((wchar_t)character); }

void strata_locale_release(void) {
    if (!own_locale) return;
    uselocale(previous_locale);
    freelocale(own_locale);
    own_locale = NULL;
}
