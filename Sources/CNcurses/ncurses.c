#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include "strata_ncurses.h"

#include <curses.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

/* Of <term.h>, which gives common words as macros. */
int setupterm(const char *term, int descriptor, int *reason);
char *tigetstr(const char *name);

/* The functions of ncurses that are used; each has the type that its header gives it. */
#define FUNCTIONS(with) \
    with(setupterm) with(newterm) with(endwin) with(delscreen) with(use_env) with(set_escdelay) with(noecho) with(nonl) \
    with(typeahead) with(tigetstr) with(has_colors) with(start_color) with(use_default_colors) with(init_pair) with(mousemask) \
    with(mouseinterval) with(getmouse) with(newpad) with(keypad) with(nodelay) with(intrflush) with(wget_wch) with(resizeterm) \
    with(clearok) with(werase) with(wmove) with(wattr_set) with(waddnwstr) with(wnoutrefresh) with(doupdate) with(curs_set) \
    with(leaveok) with(idlok)

#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

static WINDOW **standard, **current;
static char problem[256];
static int outcome = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    /* libtinfo, which has some of the functions, comes with it. */
    void *library = dlopen("libncursesw.so.6", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        return;
    }
#define FIND(name) \
    if (!(p_##name = (__typeof__(&name))dlsym(library, #name))) { \
        snprintf(problem, sizeof problem, "libncursesw.so.6 has no %s", #name); \
        return; \
    }
    FUNCTIONS(FIND)
    standard = (WINDOW **)dlsym(library, "stdscr");
    current = (WINDOW **)dlsym(library, "curscr");
    if (!standard || !current) {
        snprintf(problem, sizeof problem, "libncursesw.so.6 has no stdscr");
        return;
    }
    outcome = 0;
}

int strata_ncurses_load(void) {
    pthread_once(&once, load);
    return outcome;
}

const char *strata_ncurses_problem(void) { return problem; }

static SCREEN *screen;
static WINDOW *keys;
static FILE *output, *input;
static char *written;
static size_t room;
static int has_palette, takes_mouse, cursor_shown;

static void close_files(void) {
    if (output) fclose(output);
    if (input) fclose(input);
    output = input = NULL;
}

/* Runs newterm with a size: the output has none, and not every terminal's description has one. The variables are the one way. */
static SCREEN *begin_screen(const char *term, int rows, int columns) {
    static const char *const names[] = {"LINES", "COLUMNS"};
    int values[] = {rows, columns};
    char *before[2];
    for (int place = 0; place < 2; place++) {
        const char *known = getenv(names[place]);
        before[place] = known ? strdup(known) : NULL;
        char text[16];
        snprintf(text, sizeof text, "%d", values[place]);
        setenv(names[place], text, 1);
    }
    p_use_env(TRUE);
    SCREEN *made = p_newterm(term, output, input);
    for (int place = 0; place < 2; place++) {
        if (before[place]) setenv(names[place], before[place], 1);
        else unsetenv(names[place]);
        free(before[place]);
    }
    return made;
}

int strata_screen_open(const char *term, int input_descriptor, int rows, int columns, int wants_colors, int wants_mouse) {
    int memory = memfd_create("strata-screen", MFD_CLOEXEC), own = dup(input_descriptor), reason = 0;
    output = memory < 0 ? NULL : fdopen(memory, "w+");
    input = own < 0 ? NULL : fdopen(own, "r");
    if (!output || !input) {
        close_files();
        return STRATA_SCREEN_FAILED;
    }
    if (p_setupterm(term, memory, &reason) != OK) {
        close_files();
        return reason == 1 ? STRATA_TERM_WEAK : STRATA_TERM_UNKNOWN;
    }
    const char *address = p_tigetstr("cup"), *clear = p_tigetstr("clear");
    if (!address || address == (char *)-1 || !clear || clear == (char *)-1) {
        close_files();
        return STRATA_TERM_WEAK;
    }
    screen = begin_screen(term, rows, columns);
    keys = screen ? p_newpad(1, 1) : NULL;
    if (!keys) {
        close_files();
        return STRATA_SCREEN_FAILED;
    }
    p_set_escdelay(25);
    p_typeahead(-1);
    p_noecho();
    p_nonl();
    p_nodelay(keys, TRUE);
    p_leaveok(*standard, FALSE);
    has_palette = 0;
    if (wants_colors && p_has_colors() && p_start_color() == OK) {
        short background = p_use_default_colors() == OK ? -1 : COLOR_BLACK;
        has_palette = p_init_pair(1, COLOR_GREEN, background) == OK && p_init_pair(2, COLOR_YELLOW, background) == OK
            && p_init_pair(3, COLOR_RED, background) == OK;
    }
    takes_mouse = wants_mouse;
    if (takes_mouse) p_mouseinterval(0);
    p_resizeterm(rows, columns);
    strata_screen_begin();
    return STRATA_SCREEN_OPEN;
}

void strata_screen_begin(void) {
    p_keypad(keys, TRUE);
    if (takes_mouse) p_mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    strata_screen_forget();
}

void strata_screen_end(void) {
    /* The mouse first: what it sends on must not reach who reads the keys next. */
    if (takes_mouse) p_mousemask(0, NULL);
    p_keypad(keys, FALSE);
    p_curs_set(1);
    p_endwin();
}

const char *strata_screen_output(size_t *length) {
    *length = 0;
    if (!output) return NULL;
    fflush(output);
    int memory = fileno(output);
    off_t end = lseek(memory, 0, SEEK_CUR);
    if (end <= 0) return NULL;
    if ((size_t)end > room) {
        char *larger = realloc(written, (size_t)end);
        if (!larger) return NULL;
        written = larger;
        room = (size_t)end;
    }
    ssize_t count = pread(memory, written, (size_t)end, 0);
    if (ftruncate(memory, 0) != 0 || lseek(memory, 0, SEEK_SET) != 0 || count < 0) return NULL;
    *length = (size_t)count;
    return written;
}

void strata_screen_resize(int rows, int columns) { p_resizeterm(rows, columns); }

void strata_screen_forget(void) {
    cursor_shown = -1;
    p_clearok(*current, TRUE);
}

void strata_screen_erase(void) { p_werase(*standard); }

void strata_screen_put(int row, int column, const uint32_t *text, int count, int attributes, int color) {
    attr_t look = 0;
    if (attributes & STRATA_REVERSE) look |= A_REVERSE;
    if (attributes & STRATA_BOLD) look |= A_BOLD;
    if (attributes & STRATA_UNDERLINE) look |= A_UNDERLINE;
    p_wattr_set(*standard, look, has_palette ? (short)color : 0, NULL);
    if (p_wmove(*standard, row, column) != OK) return;
    p_waddnwstr(*standard, (const wchar_t *)text, count);
}

void strata_screen_show(int row, int column) {
    int shown = row >= 0;
    if (shown) p_wmove(*standard, row, column);
    if (shown != cursor_shown) p_curs_set(shown);
    cursor_shown = shown;
    p_wnoutrefresh(*standard);
    p_doupdate();
}

static struct strata_key function_key(wint_t code) {
    struct strata_key key = {.kind = STRATA_KEY_OTHER};
    switch (code) {
    case KEY_ENTER: key.kind = STRATA_KEY_ENTER; break;
    case KEY_BACKSPACE: key.kind = STRATA_KEY_BACKSPACE; break;
    case KEY_BTAB: key.kind = STRATA_KEY_BACK_TAB; break;
    case KEY_UP: key.kind = STRATA_KEY_UP; break;
    case KEY_DOWN: key.kind = STRATA_KEY_DOWN; break;
    case KEY_LEFT: key.kind = STRATA_KEY_LEFT; break;
    case KEY_RIGHT: key.kind = STRATA_KEY_RIGHT; break;
    case KEY_PPAGE: key.kind = STRATA_KEY_PAGE_UP; break;
    case KEY_NPAGE: key.kind = STRATA_KEY_PAGE_DOWN; break;
    case KEY_HOME: case KEY_A1: key.kind = STRATA_KEY_HOME; break;
    case KEY_END: case KEY_C1: case KEY_LL: key.kind = STRATA_KEY_END; break;
    case KEY_DC: key.kind = STRATA_KEY_DELETE; break;
    case KEY_MOUSE: {
        MEVENT event;
        if (p_getmouse(&event) != OK) break;
        key.row = event.y;
        key.column = event.x;
        if (event.bstate & BUTTON4_PRESSED) key.kind = STRATA_KEY_WHEEL_UP;
        else if (event.bstate & BUTTON5_PRESSED) key.kind = STRATA_KEY_WHEEL_DOWN;
        else if (event.bstate & BUTTON1_PRESSED) key.kind = STRATA_KEY_CLICK;
        break;
    }
    default: break;
    }
    return key;
}

struct strata_key strata_screen_key(void) {
    wint_t code = 0;
    int found = p_wget_wch(keys, &code);
    if (found == KEY_CODE_YES) return function_key(code);
    struct strata_key key = {.kind = found == OK ? STRATA_KEY_CHARACTER : STRATA_KEY_NONE, .character = (uint32_t)code};
    return key;
}
