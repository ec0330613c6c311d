/* Of OpenSSL's libcrypto only the hash functions themselves, linked statically: 38 kB, and nothing is set up or looked up at the start.
   The functions that newer programs should call find their implementation by name at run time, which takes 4 ms of every start. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <openssl/opensslv.h>
