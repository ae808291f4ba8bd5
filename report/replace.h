/*
 * replace - write a file by way of a new one beside it, so that whoever reads
 * it finds the old or the new one whole, at any time.
 */
#ifndef REPORT_REPLACE_H
#define REPORT_REPLACE_H

#include <stddef.h>

/*
 * Write `size` bytes to the file PATH.new, which is made anew whatever lies
 * there, a link to elsewhere too, and put it in place of the file at `path`.
 * Return 0; or -1 with errno set, and no PATH.new left.
 */
int replace_file(const char *path, const char *bytes, size_t size);

#endif
