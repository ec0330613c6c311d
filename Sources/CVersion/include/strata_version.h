/* Which build of the program this is. The number stands here alone: Makefile and packages read it from this line. */
#ifndef STRATA_VERSION_H
#define STRATA_VERSION_H

#define STRATA_VERSION "0.2.0"

/* The commit that was built, and the day in UTC (SOURCE_DATE_EPOCH, else the commit's own); empty where make did not build. */
const char *strata_build_commit(void);
const char *strata_build_day(void);

#endif
