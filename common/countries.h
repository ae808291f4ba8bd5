/*
 * countries - the countries whose flags are downloaded, and their codes.
 *
 * They are those of the list that "Fluent Python" works with: the 193 members
 * of the United Nations without the Dominican Republic, which that list lacks,
 * with Taiwan and the Vatican City. Codes are ISO 3166-1's of two letters;
 * names are the English short names of that standard, in the common form where
 * it has one ("Bolivia", not "Bolivia, Plurinational State of"), in UTF-8.
 *
 * All texts are constants. Any thread may call these functions.
 */
#ifndef COMMON_COUNTRIES_H
#define COMMON_COUNTRIES_H

#include <stddef.h>

/* How many countries there are: 194. */
size_t countries_count(void);

/* The code of the country at a place below countries_count, "AD" at 0; they
 * are sorted. */
const char *countries_code(size_t i);

/* The name of the country that has a code, "Andorra" for "AD"; NULL when there
 * is none. The code is in capital letters. */
const char *countries_name(const char *code);

#endif
