#include "strata_version.h"

/* The build defines both as plain words (see Package.swift), so that no quotes travel through a shell. */
#define TEXT_OF(words) #words
#define TEXT(words) TEXT_OF(words)

#ifdef STRATA_COMMIT
const char *strata_build_commit(void) { return TEXT(STRATA_COMMIT); }
#else
const char *strata_build_commit(void) { return ""; }
#endif

#ifdef STRATA_BUILD_DAY
const char *strata_build_day(void) { return TEXT(STRATA_BUILD_DAY); }
#else
const char *strata_build_day(void) { return ""; }
#endif
