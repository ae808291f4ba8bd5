#include "report/alike/proof.h"

#include <string.h>

#define DYING_MS 2000 /* from a refused connection to the exit */

/* Hold it, and note whether the other one took the call. */
bool
proof_converse(
    struct proof *p, const struct talk *t, uint16_t model, uint16_t judged)
{
    if (p->refused || p->result->differences >= PROOF_DIFFERENCES_MAX)
        return false;
    converse(model, t, &p->threads);
    converse(judged, t, &p->other);
    p->result->conversations++;
    p->refused = p->other.ending == ENDING_REFUSED;
    return true;
}

/* Tell whether differences of this key were told, and note that they are. */
static bool
was_told(struct proof *p, const char *key)
{
    for (size_t i = 0; i < p->result->differences; i++)
        if (key != NULL && p->told[i] == key)
            return true;
    p->told[p->result->differences] = key;
    return false;
}

/* Write what a server answered. */
static void
write_answer(FILE *out, const char *name, const struct answer_bytes *a)
{
    fprintf(out, "  %s answered, then %s:", name, converse_ending(a->ending));
    converse_write(out, a->bytes, a->length);
}

/* Tell it. */
void
proof_differs(struct proof *p, const struct talk *t, const struct difference *d)
{
    bool told = was_told(p, d->key);

    p->result->differences++;
    if (told) {
        fprintf(p->out, "Again: %s.\n", t->name);
        return;
    }
    fprintf(p->out, "\n%s: %s.\n  conversation: %s\n",
        p->peer != NULL ? "Rule broken" : "Not alike", d->rule, t->name);
    fprintf(p->out, "  sent%s:", t->half_close ? ", then half closed" : "");
    converse_write(p->out, t->bytes, t->length);
    if (d->expected[0] != '\0')
        fprintf(p->out, "  expected %s\n", d->expected);
    else
        write_answer(p->out, "threads", &p->threads);
    write_answer(p->out, p->peer != NULL ? p->peer : "events", &p->other);
    if (d->note[0] != '\0')
        fprintf(p->out, "  %s\n", d->note);
}

/* Start a twin; -1, having said why, when it did not become ready. */
static int
start_twin(const struct proof *p, struct process *twin, const char *path,
    const char *const options[])
{
    const struct process_place place = { .cpu = p->cpu };

    if (process_start(twin, path, options, place) == 0)
        return 0;
    fprintf(p->out, "%s\n", twin->error);
    return -1;
}

/* Stop a twin; -1, having said why, when it did not end as it should. */
static int
stop_twin(const struct proof *p, struct process *twin, const char *path)
{
    if (process_stop(twin, NULL) == 0)
        return 0;
    fprintf(p->out, "%s: %s\n", path, twin->error);
    return -1;
}

/* Write how the peer fared, and what it said of that on standard error. */
static void
write_fate(const struct proof *p)
{
    const char *said = p->judged.said;

    fprintf(p->out, "%s %s", p->peer, p->judged.error);
    if (said[0] == '\0')
        fprintf(p->out, ".\n");
    else
        fprintf(p->out, "%s%s\n",
            strchr(said, '\n') == NULL ? ": " : ". It said:\n", said);
}

/* Start the other one. */
static int
start_judged(struct proof *p, const char *const options[])
{
    if (p->peer == NULL)
        return start_twin(p, &p->judged, p->evented, options);
    if (process_start_peer(&p->judged, p->command, p->cpu) == 0)
        return 0;
    write_fate(p);
    return -1;
}

/* Stop it; -1, having said how it ended, when a peer had done so by itself. */
static int
stop_judged(struct proof *p)
{
    struct process *judged = &p->judged;

    if (p->peer == NULL)
        return stop_twin(p, judged, p->evented);
    if (p->refused)
        process_wait(judged, DYING_MS); /* so that its own end is told */
    if (process_stop(judged, NULL) == -1) {
        putc('\n', p->out);
        write_fate(p);
        return -1;
    }
    if (judged->error[0] != '\0')
        fprintf(p->out, "Told to stop, %s %s; that breaks no rule.\n", p->peer,
            judged->error);
    if (p->result->differences > 0 && judged->said[0] != '\0')
        fprintf(p->out, "\nOn standard error %s said:\n%s\n", p->peer,
            judged->said);
    return 0;
}

/* Start both, hold the conversations, stop both. */
int
proof_run(struct proof *p, const char *const options[], const char *what,
    double seconds, void (*hold)(struct proof *p))
{
    int status;

    if (start_judged(p, options) == -1)
        return -1;
    if (start_twin(p, &p->model, p->threaded, options) == -1) {
        stop_judged(p);
        return -1;
    }
    if (p->peer != NULL)
        meter_show(p->meter, "checking %s", p->peer);
    else
        meter_show(p->meter, "proving the %s alike", what);
    hold(p);
    converse_free(&p->threads);
    converse_free(&p->other);
    meter_wipe(p->meter);
    status = stop_twin(p, &p->model, p->threaded);
    status |= stop_judged(p);
    meter_add(p->meter, seconds);
    return status == 0 && p->result->differences == 0 ? 0 : -1;
}
