/*
 * figures - the pictures of the page: what of a report goes into which chart.
 *
 * Each function writes <figure> elements with a heading, a legend, the chart
 * and what there is to know about it. Where the report has too little for a
 * chart nothing is written, and false is returned. Without gnuplot the figure
 * says that it is missing.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The primary ratios with intervals and bands; the A/A ones first. */
bool figures_forest(FILE *html, const json_t *report);

/* A metric over the connections of the request/reply scenarios. */
bool figures_sweep(FILE *html, const json_t *report, const char *metric);

/* Memory over open connections. */
bool figures_memory(FILE *html, const json_t *report);

/* Latency by percentile in a scenario, down to the null server's. */
bool figures_percentiles(FILE *html, const json_t *scenario);

/* Each run of a scenario over time. */
bool figures_strip(FILE *html, const json_t *scenario);

#endif
