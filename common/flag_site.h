/*
 * flag_site - the slow and failing server of flags: its answers.
 *
 *     GET /flags/ad/ad.gif         the flag of Andorra
 *     GET /flags/ad/ad.png         the same from a folder of such files
 *     GET /flags/ad/metadata.json  {"tld_cc": ".ad", "iso_cc": "AD",
 *                                  "country": "Andorra"}
 *     GET /flags/                  links to all flags
 *     GET /healthz                 "ok", or 503 when the server is leaving
 *     GET /metrics                 counters, in Prometheus' text format
 *
 * It is served at three doors, a port each, which differ in what befalls a
 * request for a flag or its metadata (mishap.h); all else is answered at once.
 * Flags and metadata have an entity tag and a date: conditions and single
 * ranges are served as http_part.h says.
 *
 * Pictures are made as they are sent (picture.h), unless there is a folder of
 * files (flag_folder.h). An answer is never built whole, and nothing allocates
 * memory. Nothing here reads, sends, waits or looks at a clock: http_site.h has
 * the means to say that an answer is not due yet.
 *
 *     flag_site_init(&site, &rules);
 *     site.count = count;
 *     for (int door = 0; door < MISHAP_DOORS; door++) {
 *         webs[door] = flag_site_http(&site, door);
 *         ... http_server_program(ports[door], &limits, &webs[door])
 *     }
 *
 * flag_server_prepare (flag_server_cli.h) does the first part as the command
 * line says.
 */
#ifndef COMMON_FLAG_SITE_H
#define COMMON_FLAG_SITE_H

#include "common/counters.h"
#include "common/flag_folder.h"
#include "common/http_site.h"
#include "common/mishap.h"

#include <stdatomic.h>
#include <stdint.h>

struct flag_site;

/* One door of a site. */
struct flag_door {
    struct flag_site *site;
    enum mishap_door door;
};

/* What holds for all answers of a server. Some 25 KiB; it must not move while
 * it is served. */
struct flag_site {
    /* Set by the user between flag_site_init and the first answer; zero is the
     * default. */
    uint64_t size; /* of each made picture, from PICTURE_MIN to PICTURE_MAX; 0:
                      each has its own, by picture_book_size */
    int64_t retry_after_s; /* what an error's Retry-After says; 0: none */
    /* Make a console record (log_record) for each request for a flag or its
     * metadata, when its answer begins: "AD 0.5s 200", with the delay, and the
     * status or the name of the fault. NULL: make none. */
    void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    /* Add the server's counters to sums, which is zero, for /metrics. */
    void (*count)(struct counters *sums, void *argument);
    void *argument; /* for count */
    /* Whether the server is leaving, which /healthz answers with 503; NULL: it
     * never is. */
    bool (*leaving)(void);

    struct flag_shelf shelf; /* with the folder of the flags, which can be
                                replaced at any time; without: they are made */

    /* The rest is flag_site's own. */
    struct mishap_rules rules;
    struct flag_door doors[MISHAP_DOORS];
    uint8_t places[FLAG_CODES]; /* in countries_code, from 1; 0: no country */
    _Atomic uint32_t asked[MISHAP_DOORS][FLAG_CODES][FLAG_KINDS];
    _Atomic uint64_t in_flight, in_flight_max;
};

/* Prepare a site, whose requests meet with what the rules say; these are
 * copied. There is nothing to free but what the shelf is given. */
void flag_site_init(struct flag_site *site, const struct mishap_rules *rules);

/*
 * A door of a site as what an HTTP server serves. Its functions may be called
 * from any thread, for one client from one at a time. Requests in flight are
 * counted from their begin until the last byte is handed out by next.
 */
struct http_site flag_site_http(struct flag_site *site, enum mishap_door door);

#endif
