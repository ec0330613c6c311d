/* ncursesw, loaded when a screen is opened and not before: linked, it would cost every start of the program.
   There is one screen for the process. Its output goes to a file in memory, so that a frame is one write to the terminal, which
   may be slow; see terminal.c for that. Functions may be called after strata_ncurses_load has returned 0, by one thread. */
#ifndef STRATA_NCURSES_H
#define STRATA_NCURSES_H

#include <stddef.h>
#include <stdint.h>

/* Loads ncurses 6, once for the process. 0, or -1 with the reason in strata_ncurses_problem(). */
int strata_ncurses_load(void);
const char *strata_ncurses_problem(void);

enum { STRATA_SCREEN_OPEN = 0, STRATA_TERM_UNKNOWN = 1, STRATA_TERM_WEAK = 2, STRATA_SCREEN_FAILED = 3 };

/* Begins a screen of the terminal type `term`, whose keys are read from the descriptor `input`. */
int strata_screen_open(const char *term, int input, int rows, int columns, int wants_colors, int wants_mouse);
/* Leaves the screen; what puts the terminal back is in the output then. */
void strata_screen_end(void);
/* Enters it again, with the next frame. */
void strata_screen_begin(void);

/* What the screen wrote since the last call; valid until the next call of anything here. */
const char *strata_screen_output(size_t *length);

void strata_screen_resize(int rows, int columns);
/* The next frame is written whole, whatever was on the screen. */
void strata_screen_forget(void);
void strata_screen_erase(void);

enum { STRATA_REVERSE = 1, STRATA_BOLD = 2, STRATA_UNDERLINE = 4 };

/* Puts characters into cells; a color is 0 for the terminal's own, or 1 to 3 for green, yellow and red. */
void strata_screen_put(int row, int column, const uint32_t *text, int count, int attributes, int color);
/* Ends a frame with the cursor there; with a row below 0 it is not seen. */
void strata_screen_show(int row, int column);

enum {
    STRATA_KEY_NONE = 0, STRATA_KEY_CHARACTER, STRATA_KEY_ENTER, STRATA_KEY_BACKSPACE, STRATA_KEY_BACK_TAB, STRATA_KEY_UP,
    STRATA_KEY_DOWN, STRATA_KEY_LEFT, STRATA_KEY_RIGHT, STRATA_KEY_PAGE_UP, STRATA_KEY_PAGE_DOWN, STRATA_KEY_HOME,
    STRATA_KEY_END, STRATA_KEY_DELETE, STRATA_KEY_CLICK, STRATA_KEY_WHEEL_UP, STRATA_KEY_WHEEL_DOWN, STRATA_KEY_OTHER
};

struct strata_key {
    int kind;
    uint32_t character;
    int row, column;
};

/* The next key that was read, without waiting for one; after an Escape for a few milliseconds, which tell a key from a sequence. */
struct strata_key strata_screen_key(void);

/* The terminal below the screen: its modes, and that they are put back whatever ends or stops the process. */

/* Takes the terminal at `output`: keeps its modes, and makes keys come one by one, unseen. 0, or the system's reason. */
int strata_terminal_take(int output, int input);
/* What puts the screen back, for those who cannot ask ncurses: signals and crashes. Copied. */
void strata_terminal_remember(const char *restoring, size_t length);
/* Writes what the terminal takes now; the count, or -1 with errno. Where the terminal was put back, all is dropped. */
long strata_terminal_write(const char *bytes, size_t count, int is_rest);
/* Puts modes and screen back; nothing is written afterwards. From any thread, and twice. */
void strata_terminal_restore(void);
/* Forgets the terminal, after it was put back. */
void strata_terminal_release(void);

enum { STRATA_READY_INPUT = 1, STRATA_READY_WAKE = 2, STRATA_READY_OUTPUT = 4, STRATA_READY_GONE = 8 };

/* Waits until a key, a call of strata_terminal_wake, or room for output; below 0 without end. */
int strata_terminal_wait(int milliseconds, int wants_output);
/* Ends a wait. From any thread. */
void strata_terminal_wake(void);
/* Whether the process was stopped and goes on, since the last call. */
int strata_terminal_was_stopped(void);
int strata_terminal_size(int *rows, int *columns);

/* The locale of this thread as the environment has it: 1 where it writes UTF-8. Undone by the second. */
int strata_locale_take(void);
void strata_locale_release(void);
/* The columns of a character in that locale; -1 for one that it does not know. */
int strata_column_width(uint32_t character);

/* Opens a terminal's device once more, so that writing to it need not wait; -1 where that cannot be. */
int strata_terminal_reopen(int descriptor);

#endif
