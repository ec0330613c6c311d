#include "strata_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* The functions of libcurl that are used; each has the type that curl's header gives it. */
#define FUNCTIONS(with) \
    with(curl_global_init) with(curl_version_info) with(curl_easy_init) with(curl_easy_cleanup) with(curl_easy_setopt) \
    with(curl_easy_getinfo) with(curl_easy_pause) with(curl_multi_init) with(curl_multi_cleanup) with(curl_multi_add_handle) \
    with(curl_multi_remove_handle) with(curl_multi_perform) with(curl_multi_poll) with(curl_multi_wakeup) \
    with(curl_multi_info_read) with(curl_slist_append) with(curl_slist_free_all) with(curl_url) with(curl_url_cleanup) \
    with(curl_url_set) with(curl_url_get) with(curl_url_strerror) with(curl_free)

/* Checking macros of the header stand in the way of the names alone. */
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

static char problem[256];
static const char *found_version;
static int outcome = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    /* Debian's name for the flavour with OpenSSL, which is everybody's name for libcurl. */
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        return;
    }
#define FIND(name) \
    if (!(p_##name = (__typeof__(&name))dlsym(library, #name))) { \
        snprintf(problem, sizeof problem, "libcurl.so.4 is too old: it has no %s", #name); \
        return; \
    }
    FUNCTIONS(FIND)
    const curl_version_info_data *version = p_curl_version_info(CURLVERSION_NOW);
    found_version = version->version;
    if (version->version_num < 0x075500) {
        snprintf(problem, sizeof problem, "libcurl.so.4 is version %s, and 7.85 is needed", version->version);
        return;
    }
    if (!(version->features & CURL_VERSION_SSL)) {
        snprintf(problem, sizeof problem, "libcurl.so.4 was built without TLS");
        return;
    }
    if (p_curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        snprintf(problem, sizeof problem, "libcurl.so.4 cannot be set up");
        return;
    }
    outcome = 0;
}

int strata_curl_load(void) {
    pthread_once(&once, load);
    return outcome;
}

const char *strata_curl_problem(void) { return problem; }

const char *strata_curl_version(void) { return found_version; }

CURL *strata_easy_init(void) { return p_curl_easy_init(); }
void strata_easy_cleanup(CURL *easy) { p_curl_easy_cleanup(easy); }
CURLcode strata_easy_set_long(CURL *easy, CURLoption option, long value) { return p_curl_easy_setopt(easy, option, value); }
CURLcode strata_easy_set_size(CURL *easy, CURLoption option, curl_off_t value) { return p_curl_easy_setopt(easy, option, value); }
CURLcode strata_easy_set_string(CURL *easy, CURLoption option, const char *value) { return p_curl_easy_setopt(easy, option, value); }
CURLcode strata_easy_set_pointer(CURL *easy, CURLoption option, const void *value) { return p_curl_easy_setopt(easy, option, value); }

CURLcode strata_easy_set_authorities(CURL *easy, CURLoption option, const void *bytes, size_t length) {
    struct curl_blob blob = {.data = (void *)bytes, .len = length, .flags = CURL_BLOB_COPY};
    return p_curl_easy_setopt(easy, option, &blob);
}

CURLcode strata_easy_on_bytes(CURL *easy, CURLoption option, size_t (*call)(char *, size_t, size_t, void *)) {
    return p_curl_easy_setopt(easy, option, call);
}

CURLcode strata_easy_on_seek(CURL *easy, int (*call)(void *, curl_off_t, int)) {
    return p_curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, call);
}

CURLcode strata_easy_on_debug(CURL *easy, int (*call)(CURL *, curl_infotype, char *, size_t, void *)) {
    return p_curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, call);
}

curl_off_t strata_easy_size(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    return p_curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

long strata_easy_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return p_curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

void *strata_easy_private(CURL *easy) {
    char *value = NULL;
    return p_curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

CURLcode strata_easy_pause(CURL *easy, int mask) { return p_curl_easy_pause(easy, mask); }

CURLM *strata_multi_init(void) { return p_curl_multi_init(); }
void strata_multi_cleanup(CURLM *multi) { p_curl_multi_cleanup(multi); }
CURLMcode strata_multi_add(CURLM *multi, CURL *easy) { return p_curl_multi_add_handle(multi, easy); }
CURLMcode strata_multi_remove(CURLM *multi, CURL *easy) { return p_curl_multi_remove_handle(multi, easy); }

CURLMcode strata_multi_perform(CURLM *multi) {
    int running = 0;
    return p_curl_multi_perform(multi, &running);
}

CURLMcode strata_multi_poll(CURLM *multi, int milliseconds) { return p_curl_multi_poll(multi, NULL, 0, milliseconds, NULL); }
CURLMcode strata_multi_wakeup(CURLM *multi) { return p_curl_multi_wakeup(multi); }

CURL *strata_multi_ended(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = p_curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

struct curl_slist *strata_list_append(struct curl_slist *list, const char *text) { return p_curl_slist_append(list, text); }
void strata_list_free(struct curl_slist *list) { p_curl_slist_free_all(list); }

CURLU *strata_url(void) { return p_curl_url(); }
void strata_url_cleanup(CURLU *url) { p_curl_url_cleanup(url); }
CURLUcode strata_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags) { return p_curl_url_set(url, part, text, flags); }
CURLUcode strata_url_get(CURLU *url, CURLUPart part, char **text, unsigned int flags) { return p_curl_url_get(url, part, text, flags); }
const char *strata_url_problem(CURLUcode code) { return p_curl_url_strerror(code); }
void strata_free(void *text) { p_curl_free(text); }
