/* The words that this process was started with, as the C library gives them to constructors: Swift's own list of them is read from
   /proc, and empty where that is not mounted. */
#ifndef STRATA_ARGUMENTS_H
#define STRATA_ARGUMENTS_H

/* How many there are, the program's own name included. */
int strata_argument_count(void);

/* One of them, ended by a zero; valid for as long as the process lives. */
const char *strata_argument(int number);

#endif
