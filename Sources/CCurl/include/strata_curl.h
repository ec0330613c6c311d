/* libcurl, loaded when a registry is spoken to and not before: linked, it would cost every start of the program 7 ms.
   The header is curl's own; the functions below are curl's too, behind one call each with a fixed number of arguments, since
   Swift calls none that take a variable number. They may be called after strata_curl_load has returned 0. */
#ifndef STRATA_CURL_H
#define STRATA_CURL_H

#include <curl/curl.h>

/* Loads libcurl 7.85 or newer, once for the process, from any thread. 0, or -1 with the reason in strata_curl_problem(). */
int strata_curl_load(void);
const char *strata_curl_problem(void);
/* The version of libcurl, once that was tried: also of one that is too old. NULL where none was found. */
const char *strata_curl_version(void);

CURL *strata_easy_init(void);
void strata_easy_cleanup(CURL *easy);
CURLcode strata_easy_set_long(CURL *easy, CURLoption option, long value);
CURLcode strata_easy_set_size(CURL *easy, CURLoption option, curl_off_t value);
/* Strings are copied, other pointers must outlive the transfer. */
CURLcode strata_easy_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode strata_easy_set_pointer(CURL *easy, CURLoption option, const void *value);
/* PEM certificates to trust in place of a file of them; copied. */
CURLcode strata_easy_set_authorities(CURL *easy, CURLoption option, const void *bytes, size_t length);
CURLcode strata_easy_on_bytes(CURL *easy, CURLoption option, size_t (*call)(char *, size_t, size_t, void *));
CURLcode strata_easy_on_seek(CURL *easy, int (*call)(void *, curl_off_t, int));
/* What goes over the wire, as curl tells it when CURLOPT_VERBOSE is set. */
CURLcode strata_easy_on_debug(CURL *easy, int (*call)(CURL *, curl_infotype, char *, size_t, void *));
long strata_easy_long(CURL *easy, CURLINFO info);
curl_off_t strata_easy_size(CURL *easy, CURLINFO info);
void *strata_easy_private(CURL *easy);
CURLcode strata_easy_pause(CURL *easy, int mask);

CURLM *strata_multi_init(void);
void strata_multi_cleanup(CURLM *multi);
CURLMcode strata_multi_add(CURLM *multi, CURL *easy);
CURLMcode strata_multi_remove(CURLM *multi, CURL *easy);
CURLMcode strata_multi_perform(CURLM *multi);
CURLMcode strata_multi_poll(CURLM *multi, int milliseconds);
/* The one call that any thread may make. */
CURLMcode strata_multi_wakeup(CURLM *multi);
/* The next transfer that has ended, and how; NULL when there is none. */
CURL *strata_multi_ended(CURLM *multi, CURLcode *result);

struct curl_slist *strata_list_append(struct curl_slist *list, const char *text);
void strata_list_free(struct curl_slist *list);

CURLU *strata_url(void);
void strata_url_cleanup(CURLU *url);
CURLUcode strata_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags);
CURLUcode strata_url_get(CURLU *url, CURLUPart part, char **text, unsigned int flags);
const char *strata_url_problem(CURLUcode code);
void strata_free(void *text);

#endif
