/*
 * picture - GIF files of any size, made as they are read.
 *
 * Each is a valid GIF89a of one pixel, whose colour belongs to the country,
 * followed by a comment that fills the file up to its size. The comment is
 * text: lines of 16 bytes, each with the country's code and its own place in
 * the file, so that bytes that are missing, doubled or another picture's are
 * noticed. Nothing is held: any piece of a file is made from its place alone.
 *
 * Nothing here allocates, and any thread may call it.
 */
#ifndef COMMON_PICTURE_H
#define COMMON_PICTURE_H

#include <stddef.h>
#include <stdint.h>

/* The sizes of a picture: what the frame of its pixel and of a comment needs,
 * and 999,999,999,999, the last place that is written in a line. */
#define PICTURE_MIN ((uint64_t)40)
#define PICTURE_MAX ((uint64_t)999999999999)

/*
 * Write length bytes of the picture of a country (its code in two capital
 * letters) with size bytes, those from the byte at from on; they must be within
 * it.
 */
void picture_read(const char *code, uint64_t size, uint64_t from, char *buffer,
    size_t length);

/*
 * The size of a country's picture, so that all 194 together are spread like
 * those that "Fluent Python" downloads: from 1,193 to 36,332 bytes, 12,116 in
 * the mean, and 13,355 for the 20 most populous countries. place is the
 * country's, as in countries_code.
 */
uint64_t picture_book_size(size_t place);

#endif
