/*
 * charpage - the finder's answers to HTTP requests.
 *
 *     GET /                the page, for people; with the rows of a search
 *     GET /search          the same search as JSON, for programs
 *     GET /blocks          the blocks of Unicode, with links to the pages of
 *                          their characters
 *     GET /page.js, /style.css    what belongs to the pages
 *     GET /healthz         "ok", or 503 when the server is leaving
 *     GET /metrics         the server's counters, in Prometheus' text format
 *
 * / and /search take these parameters, of which the first of a name counts:
 *
 *     query   what is searched for; blank or missing: nothing
 *     start   the first row, counted from 0; default 0
 *     stop    the row before which to end, or "all"; default start + 200
 *     order   code: words of names and the order of charindex; relevance: those
 *             of charsearch; default relevance for /, code for /search
 *
 * As for a slice in Python there are no wrong numbers from 0, just fewer rows.
 * What is empty is the default. A number below 0, anything else that is no
 * number, another order, a wrong %-escape and what is not UTF-8 are answered
 * with 400.
 * The JSON is
 *
 *     {"query":"chess black","count":33,"start":0,"stop":33,"items":[
 *     {"code":"U+265A","char":"♚","name":"BLACK CHESS KING"},
 *     ...
 *     ]}
 *
 * with the query stripped, the count of all that match, and start and stop cut
 * to it: there are stop - start items. When the query was not found as it is
 * spelt, "corrected" stands before "count", with the words that were found.
 * When it is what an emoji of several characters is called, "sequence" stands
 * there, with that emoji, and the items are its parts.
 *
 * Where the page has just one row, it tells all that is known of the character.
 *
 * No resource has an entity tag or a modification date. So a request for one
 * that exists is answered with 412 if it has an If-Match with entity tags, and
 * with 304 if it has an If-None-Match: *; all other conditions are ignored
 * (RFC 9110, 13).
 *
 * An answer is never built whole. It is written piece by piece as the client
 * takes it, from a cursor into the names; the only memory it needs, some bytes
 * per byte of the query, is freed with it. Nothing here reads, sends, waits or
 * looks at a clock. Any thread may call it, one at a time for each answer.
 *
 *     struct charpage page = { 0 };
 *
 *     charpage_begin(&page, &site, &request, time(NULL));
 *     while ((size = charpage_next(&page, buffer, sizeof(buffer))) > 0)
 *         send(fd, buffer, size, 0);
 *     if (!charpage_end(&page))
 *         ... close
 */
#ifndef COMMON_CHARPAGE_H
#define COMMON_CHARPAGE_H

#include "common/charblock.h"
#include "common/chardetail.h"
#include "common/charsearch.h"
#include "common/counters.h"
#include "common/http_reply.h"
#include "common/http_site.h"
#include "common/template.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows of a page and of a step of scrolling. */
#define CHARPAGE_ROWS 200

/* The least size of a buffer: a head, the longest row, a chunk's frame. With
 * 16 KiB most answers come in one piece. */
#define CHARPAGE_ROOM 2048

/* What is shown of a character that is the only one, under way; its members are
 * charpage's own. */
struct charpage_detail {
    struct template template; /* of the n-th detail (chardetail.h) */
    size_t n;
    bool ended; /* there are no more */
    uint32_t code;
    struct chardetail told;
    char room[CHARDETAIL_ROOM];
    struct http_slice before, after; /* codes of its neighbours, "265A" */
};

/* What holds for all answers of a server. */
struct charpage_site {
    /* Make a console record (log_record), two per search; NULL: make none. */
    void (*say)(const char *format, ...) __attribute__((format(printf, 1, 2)));
    /* Add the server's counters to sums, which is zero, for /metrics. */
    void (*count)(struct counters *sums, void *argument);
    void *argument; /* for count */
    /* Whether the server is leaving, which /healthz answers with 503; NULL: it
     * never is. */
    bool (*leaving)(void);
};

/* One client's answer under way; some 300 bytes, which must not move until its
 * end. Zero it for a new client. Its members are charpage's own. */
struct charpage {
    struct http_reply reply;
    struct template template;
    char *memory; /* owned; what search, query and message lie in */
    const char *query, *message;
    size_t query_length, message_length;
    struct http_slice corrected;    /* what was found instead of query */
    size_t count, start, stop;      /* of rows, as in the answer */
    size_t rows;                    /* of them, those that are still to come: */
    struct charindex_run run;       /* these, and then */
    struct charsearch *search;      /* those */
    struct charpage_detail *detail; /* of the only one; NULL: none is shown */
};

/*
 * Begin the answer to a request as http_parse left it, be it HTTP_REQUEST or
 * HTTP_REFUSED; one that came too late is to have the status 408 (and
 * keep_alive false). The request is not kept. now is in seconds since 1970, for
 * Date. What an answer before still held is freed. Where memory is short the
 * answer is 500, and the connection does not stay open.
 */
void charpage_begin(struct charpage *page, const struct charpage_site *site,
    const struct http_request *request, int64_t now);

/*
 * Write the next bytes of the answer, from its status line to the frame of its
 * last chunk, into buffer of size bytes, at least CHARPAGE_ROOM; return how
 * many. 0: that was all.
 */
size_t charpage_next(struct charpage *page, char *buffer, size_t size);

/* Free what an answer holds, at any point of it and as often as you like; there
 * is nothing more to write then. False: the connection is to be closed. */
bool charpage_end(struct charpage *page);

/* These three as what an HTTP server serves; site must outlive it. */
struct http_site charpage_http_site(struct charpage_site *site);

#endif
