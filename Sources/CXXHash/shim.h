#include <xxhash.h>
#if defined(__x86_64__)
/* Makes the names below stand for the fastest variant that the processor has, chosen when the program runs. */
#include <xxh_x86dispatch.h>
#endif

static inline XXH128_hash_t strata_xxh3_128(const void *bytes, size_t count) {
    return XXH3_128bits(bytes, count);
}

static inline XXH_errorcode strata_xxh3_128_update(XXH3_state_t *state, const void *bytes, size_t count) {
    return XXH3_128bits_update(state, bytes, count);
}
