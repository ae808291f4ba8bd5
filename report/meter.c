#include "report/meter.h"

#include "report/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Plans tell little before some seconds of them have been kept. */
#define TRUST_AFTER 5.0

/* Start the line. */
void
meter_start(struct meter *m, double total)
{
    memset(m, 0, sizeof(*m));
    m->shown = isatty(STDERR_FILENO) == 1;
    m->total = total;
    m->started = clock_seconds();
}

/* Show the line; the time left follows the pace so far. */
void
meter_show(struct meter *m, const char *fmt, ...)
{
    double left = m->total - m->done, pace = 1;
    char text[80];
    va_list ap;

    if (!m->shown)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (m->done > TRUST_AFTER)
        pace = (clock_seconds() - m->started) / m->done;
    fprintf(stderr, "\r\033[K%3.0f %%  %s, about %.0f s left",
        m->total > 0 ? 100 * m->done / m->total : 0, text, left * pace);
    fflush(stderr);
}

/* Count planned work as done. */
void
meter_add(struct meter *m, double seconds)
{
    m->done += seconds;
}

/* Read the clock. */
double
meter_elapsed(const struct meter *m)
{
    return clock_seconds() - m->started;
}

/* Add the earlier sessions, which the owner of the meter has set. */
double
meter_overall(const struct meter *m)
{
    return m->before + meter_elapsed(m);
}

/* What is left takes as long as planned. */
double
meter_expects(const struct meter *m)
{
    return meter_elapsed(m) + m->total - m->done;
}

/* Wipe the line. */
void
meter_wipe(struct meter *m)
{
    if (!m->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
