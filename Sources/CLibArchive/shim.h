/* What ships has libarchive linked statically (Static/): of it only the formats and filters that are used, when unused sections are left
   out. The shared library brings libxml2 with another ICU, nettle and ACLs, which cost 2 ms of every start and 50 MB of every
   installation. Other builds keep all sections, and use the shared one (Shared/). */
#include <archive.h>
#include <archive_entry.h>
