#include "report/load/load_inner.h"

#include "report/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Record a value unless nobody asked for it. */
static void
record(struct histogram *h, uint64_t ns)
{
    if (h != NULL)
        histogram_record(h, ns);
}

/* Record what a request that was due in the window took. */
static void
record_times(const struct load *l, const struct conn *c, uint64_t now,
    struct load_tally *t)
{
    record(t->latency, now - c->due_ns);
    if (l->open) {
        uint64_t from = c->free_ns > c->due_ns ? c->free_ns : c->due_ns;
        uint64_t late = c->sent_ns > from ? c->sent_ns - from : 0;

        record(t->wire, now - c->sent_ns);
        record(t->queue, from - c->due_ns);
        record(t->late, late);
        record(t->timely, now - c->due_ns - late);
    }
    if (!c->opened) {
        record(t->connect, c->stood_ns - c->due_ns);
        record(t->accept, c->first_ns - c->stood_ns);
    }
}

/* Count a reply into the window that it belongs to. */
static void
count_reply(
    struct load *l, struct conn *c, uint64_t now, struct load_tally *tally)
{
    load_count_area(l, now);
    l->outstanding--;
    if (load_is_later(l, tally, c->nth))
        return;
    if (load_in_window(l, tally, c->nth))
        record_times(l, c, now, tally);
    else
        tally->head_ns += now - tally->start_ns;
    if (l->sending && !l->lingering) {
        tally->replies++;
        tally->good += now - c->due_ns <= LOAD_GOOD_NS;
        c->replies++;
        series_record(&l->fine, now - c->due_ns);
        series_record(&l->coarse, now - c->due_ns);
    } else {
        tally->tail_ns += now - (tally->start_ns + tally->window_ns);
    }
}

/* The last of a round has it: begin the next one. */
static void
end_round(struct load *l, const struct conn *c, uint64_t now,
    struct load_tally *tally)
{
    if (load_in_window(l, tally, c->nth))
        record(tally->last, now - l->round_ns);
    if (l->sending)
        conn_publish(l);
}

/* A whole, right reply is there: count it, and go on. */
static void
take_reply(
    struct load *l, struct conn *c, uint64_t now, struct load_tally *tally)
{
    bool churns = l->is.way == LOAD_CHURN;

    l->totals.replies++;
    l->busy--;
    c->state = CONN_IDLE;
    if (tally != NULL && (c->opened || churns || l->storming > 0))
        count_reply(l, c, now, tally);
    l->storming -= l->storming > 0;
    c->free_ns = now;
    if (churns) {
        conn_close(l, c);
        if (l->sending)
            conn_open_churn(l, c);
        return;
    }
    c->opened = true;
    if (l->is.way == LOAD_ROUNDS && l->busy == 0 && tally != NULL)
        end_round(l, c, now, tally);
    if (load_waits(l, c)) {
        conn_wait(l, c);
        return;
    }
    /* In the drain of an open loop what was due is still to be sent. */
    if (l->sending || (l->open && l->started))
        conn_next(l, c, now);
}

/* Record how late the chunks came that have just begun. A server's clock may be
 * behind by a tick: what came early is not late. */
static void
record_chunks(const struct load *l, const struct conn *c, size_t before,
    uint64_t now, struct load_tally *tally)
{
    const uint64_t *due = l->is.ask->due_ns;

    if (due == NULL || tally == NULL || !load_in_window(l, tally, c->nth))
        return;
    for (; before < c->answer.chunks; before++) {
        uint64_t at = c->sent_ns + due[before];

        record(tally->tardy, now > at ? now - at : 0);
    }
}

/* Read what the server sent. */
void
conn_read(struct load *l, struct conn *c, struct load_tally *tally)
{
    ssize_t n = recv(c->fd, l->buffer, READ_AT_ONCE, 0);
    uint64_t now = clock_ns();
    enum ask_result result;
    size_t chunks;

    if (n == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == -1) {
        conn_end(l, c, LOAD_RESET, "recv: %s", strerror(errno));
        return;
    }
    if (n == 0) {
        conn_end(l, c, LOAD_CLOSED_BY_SERVER, "the server closed a connection");
        return;
    }
    if (c->first_ns == 0)
        c->first_ns = now;
    l->bytes += (uint64_t)n;
    if (c->state == CONN_WAITING)
        return;
    if (c->state != CONN_BUSY) {
        conn_end(l, c, LOAD_WRONG, "more than one reply to a request");
        return;
    }
    chunks = c->answer.chunks;
    result = ask_take(l->is.ask, &c->answer, l->buffer, (size_t)n, &l->same);
    record_chunks(l, c, chunks, now, tally);
    switch (result) {
    case ASK_MORE:
        return;
    case ASK_DONE:
        take_reply(l, c, now, tally);
        return;
    case ASK_WRONG:
        conn_end(l, c, LOAD_WRONG, "wrong reply '%.*s' to %s",
            (int)c->answer.have, c->answer.line, l->is.ask->title);
        return;
    }
}

/* Queue a connection that has become free, in an open loop. */
static void
put_free(struct load *l, struct conn *c)
{
    size_t max = l->is.connections_max;

    l->free[(l->free_at + l->free_count++) % max] = c;
}

/* Send the requests that are due while there is a free connection. */
void
load_send_due(struct load *l, uint64_t now)
{
    size_t max = l->is.connections_max;

    for (; schedule_due(&l->arrivals) <= now && l->sending;
         schedule_advance(&l->arrivals)) {
        uint64_t due = schedule_due(&l->arrivals);

        /* The area before now, as if it had been counted at once. */
        load_count_area(l, now);
        l->area += (double)(now - due);
        l->outstanding++;
    }
    while (l->sends.passed < l->arrivals.passed && l->free_count > 0) {
        struct conn *c = l->free[l->free_at];

        l->free_at = (l->free_at + 1) % max;
        l->free_count--;
        if (c->state != CONN_IDLE)
            continue; /* it ended meanwhile */
        conn_send(l, c, schedule_due(&l->sends));
        schedule_advance(&l->sends);
    }
}

/* Use a connection that has just become free. */
void
conn_next(struct load *l, struct conn *c, uint64_t now)
{
    if (l->open) {
        put_free(l, c);
        load_send_due(l, now);
    } else if (l->sending && l->is.way == LOAD_CLOSED &&
               (size_t)(c - l->conns) < l->active) {
        conn_send(l, c, 0);
    }
}
