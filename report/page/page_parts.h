/*
 * page_parts - the sections of the page, each written to `html`, from its
 * heading on. They belong to page.c.
 */
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

#include <jansson.h>
#include <stdio.h>

/* A section per scenario: its question, answer, figures and pictures. */
void page_scenarios(FILE *html, const json_t *report);

/* What others claim, and what became of it here. */
void page_ledger(FILE *html, const json_t *report);

/* What it costs to port a program. */
void page_port(FILE *html, const json_t *report);

/* What makes the figures believable, and what spoils them. */
void page_validity(FILE *html, const json_t *report);

/* Machine and programs. */
void page_environment(FILE *html, const json_t *report);

/* How to get these figures again. */
void page_reproduce(FILE *html, const json_t *report);

#endif
