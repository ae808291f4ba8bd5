/*
 * page_table - what the sections of the page write most: tables, and badges.
 */
#ifndef REPORT_PAGE_TABLE_H
#define REPORT_PAGE_TABLE_H

#include "report/words.h"

#include <stdio.h>

/* Write a choice as a badge. */
void page_badge(FILE *html, enum choice choice);

/* Open a table that scrolls by itself when it is too wide, with its name. */
void page_open_table(FILE *html, const char *class, const char *name);

/* Close it. */
void page_close_table(FILE *html);

/* Write a cell of numbers. */
void page_number(FILE *html, const char *text);

#endif
