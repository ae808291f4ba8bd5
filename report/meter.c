#include "report/meter.h"

#include "report/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Plans tell little before some seconds of them have been kept. */
#define TRUST_AFTER 5.0
#define SAY_EVERY   30.0 /* seconds, in a log */

/* Start the line. */
void
meter_start(struct meter *m, double total)
{
    memset(m, 0, sizeof(*m));
    m->shown = isatty(STDERR_FILENO) == 1;
    m->total = total;
    m->started = m->said = clock_seconds();
}

/* Show the line; the time left follows the pace so far. */
void
meter_show(struct meter *m, const char *fmt, ...)
{
    double left = m->total - m->done, here = m->done - m->skipped, pace = 1;
    double now = clock_seconds();
    char text[80];
    va_list ap;

    if (!m->shown && now - m->said < SAY_EVERY)
        return;
    m->said = now;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (here > TRUST_AFTER)
        pace = (now - m->started) / here;
    fprintf(m->shown ? stderr : stdout, "%s%3.0f %%  %s, about %.0f s left%s",
        m->shown ? "\r\033[K" : "", m->total > 0 ? 100 * m->done / m->total : 0,
        text, left * pace, m->shown ? "" : "\n");
    fflush(m->shown ? stderr : stdout);
}

/* Count planned work as done. */
void
meter_add(struct meter *m, double seconds)
{
    m->done += seconds;
}

/* Count it, and that it tells nothing about the pace. */
void
meter_skip(struct meter *m, double seconds)
{
    m->done += seconds;
    m->skipped += seconds;
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

/* Wipe the line. */
void
meter_wipe(struct meter *m)
{
    if (!m->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
