#include "arguments.h"

static int count;
static char **words;

/* glibc passes main's arguments to every constructor. */
__attribute__((constructor)) static void keep(int argc, char **argv) {
    count = argc;
    words = argv;
}

int strata_argument_count(void) { return count; }

const char *strata_argument(int number) { return words[number]; }
