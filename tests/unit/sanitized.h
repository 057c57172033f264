/* Sanitizers make a test 5 to 50 times slower. What the ordinary build runs in full runs there on less input: enough for every
 * line to be executed, since that is what a sanitizer looks at. */
#ifndef UNIT_SANITIZED_H
#define UNIT_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#endif
