/*
 * page - the report as a page: one HTML file that needs nothing else, neither
 * a network nor JavaScript, for a screen, a phone, or paper.
 *
 * It is a function of the report alone: the same report gives the same bytes
 * (with the same gnuplot), whenever and wherever that is done. Every sentence
 * in it follows from the figures by a rule; texts of the report are escaped.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <jansson.h>

/*
 * Write the page of a report to a file, which is whole at any time (see
 * replace.h). Takes a second or two, for the pictures. Return 0, or -1 with
 * errno set. End the program when memory runs out.
 */
int page_write(const json_t *report, const char *path);

#endif
