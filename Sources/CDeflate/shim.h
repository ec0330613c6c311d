/* What ships has it linked statically (Static/): the bytes of the layers that are written do not depend on the version that a machine has. */
#include <libdeflate.h>
