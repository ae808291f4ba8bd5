/*
 * scarce - memory that is short when a test wants it to be.
 *
 * In a test that is linked with it (SCARCE in the Makefile) each malloc,
 * calloc and reallocarray of the project's own code passes through here; so do
 * those of libcheck, which is an archive: check nothing before scarce_end. All
 * of them succeed until a test says otherwise.
 */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

#include <stdbool.h>

/* Let the n-th call from now on fail, the next one if n is 1; no other. */
void scarce_call(unsigned n);

/* Let no call fail any more; whether that one came. */
bool scarce_end(void);

#endif
