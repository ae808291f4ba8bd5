/*
 * port - what it costs to port a program from threads to events.
 *
 * That is counted from the sources when compare is built, by
 * report/porting/port.py, and left in port.json beside it; a report carries it
 * along, as "port", so that a page needs nothing but its report.
 */
#ifndef REPORT_PORT_H
#define REPORT_PORT_H

#include <jansson.h>

/* Return the counts, or JSON's null when they are not found; to be freed. */
json_t *port_read(void);

#endif
