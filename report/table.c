#include "report/table.h"

#include "report/judge.h"

#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 100

#define BOLD    "\033[1m"
#define GREEN   "\033[32m"
#define RED     "\033[31m"
#define PLAIN   "\033[0m"

/* Write a number with the decimals of its metric, or "-". */
static void
write_value(char *buf, size_t size, const struct metric_info *m, double value)
{
    if (isnan(value))
        snprintf(buf, size, "-");
    else
        snprintf(buf, size, "%.*f", m->decimals, value / m->unit);
}

/* Choose the decimals of a ratio, so that a small one shows two digits. */
static int
ratio_decimals(const struct estimate *e)
{
    return e->center < log(0.1) ? 3 : 2;
}

/* Write the estimate and its interval as ratio, or as difference. */
static void
write_estimate(
    const struct comparison *c, char *center, char *interval, size_t size)
{
    const struct metric_info *m = &metrics[c->metric];
    const struct estimate *e = &c->estimate;
    int decimals = ratio_decimals(e);

    snprintf(center, size, "-");
    snprintf(interval, size, "-");
    if (e->blocks == 0 || c->verdict == VERDICT_INVALID)
        return;
    if (m->may_be_zero) {
        snprintf(center, size, "%+.*f", m->decimals, e->center / m->unit);
        if (e->i95.exists)
            snprintf(interval, size, "%+.*f to %+.*f", m->decimals,
                e->i95.low / m->unit, m->decimals, e->i95.high / m->unit);
    } else {
        snprintf(center, size, "%.*fx", decimals, exp(e->center));
        if (e->i95.exists)
            snprintf(interval, size, "%.*f to %.*f", decimals, exp(e->i95.low),
                decimals, exp(e->i95.high));
    }
}

/* Return the subject of a decided comparison that is better. */
static enum subject
better(const struct comparison *c)
{
    bool a_has_more = c->estimate.center > 0;

    return a_has_more == metrics[c->metric].more_is_better ? c->a : c->b;
}

/* Write a verdict, with its winner if there is one. */
static void
write_verdict(const struct comparison *c, char *buf, size_t size)
{
    if (c->missing != NULL || metrics[c->metric].margin == 0)
        snprintf(buf, size, "-");
    else if (c->verdict == VERDICT_WIN || c->verdict == VERDICT_LEANS)
        snprintf(buf, size, "%s %s", stats_verdict_name(c->verdict),
            subjects[better(c)].title);
    else
        snprintf(buf, size, "%s%s", stats_verdict_name(c->verdict),
            c->verdict == VERDICT_EQUIVALENT &&
                    stats_excludes_zero(&c->estimate)
                ? "*"
                : "");
}

/* Choose the colour of a verdict. */
static const char *
colour_of(enum verdict v)
{
    if (v == VERDICT_WIN)
        return GREEN;
    return v == VERDICT_INVALID ? RED : "";
}

/* Write the row of one metric for the twins. */
static void
write_row(FILE *out, const struct comparison *c, bool colour)
{
    const struct metric_info *m = &metrics[c->metric];
    char a[32], b[32], center[48], interval[48], margin[16], verdict[32];

    write_value(a, sizeof(a), m, c->value_a);
    write_value(b, sizeof(b), m, c->value_b);
    write_estimate(c, center, interval, sizeof(center));
    write_verdict(c, verdict, sizeof(verdict));
    snprintf(margin, sizeof(margin), "%.0f %%", m->margin * 100);
    fprintf(out, "  %-23s%11s%11s%10s  %-18s%6s  %s%s%s\n", m->label, b, a,
        center, interval, m->margin > 0 ? margin : "-",
        colour ? colour_of(c->verdict) : "", verdict,
        colour && colour_of(c->verdict)[0] != '\0' ? PLAIN : "");
}

/*
 * Write text broken at spaces so that no line is longer than COLUMNS; lines
 * after the first are indented.
 */
static void
write_wrapped(FILE *out, const char *text)
{
    size_t room = COLUMNS;

    while (strlen(text) > room) {
        size_t cut = room;

        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            cut = room;
        fprintf(out, "%.*s\n    ", (int)cut, text);
        text += cut + (text[cut] == ' ');
        room = COLUMNS - 4;
    }
    fprintf(out, "%s\n", text);
}

/* Say what the primary metric shows, no stronger than the verdict. */
static void
write_claim(FILE *out, const struct comparison *c)
{
    const char *in =
        c->metric == METRIC_RATE ? "requests/s" : "memory per connection";
    const struct estimate *e = &c->estimate;
    int decimals = ratio_decimals(e);
    char claim[80];

    snprintf(claim, sizeof(claim), "%s %.*fx the %s of",
        c->metric == METRIC_RATE ? "serve" : "take", decimals, exp(e->center),
        in);
    if (c->missing != NULL || e->blocks == 0)
        fprintf(out, "%s cannot be compared: %s.", in,
            c->missing != NULL ? c->missing : "no runs");
    else if (c->verdict == VERDICT_INVALID)
        fprintf(out, "nothing is claimed: %s.", c->invalid);
    else if (c->verdict == VERDICT_NONE)
        fprintf(out,
            "events %s threads, by estimate (%zu block%s, no "
            "verdict).",
            claim, e->blocks, e->blocks == 1 ? "" : "s");
    else if (c->verdict == VERDICT_EQUIVALENT)
        fprintf(out, "events and threads are equal in %s to %.0f %%.", in,
            metrics[c->metric].margin * 100);
    else if (c->verdict == VERDICT_INCONCLUSIVE)
        fprintf(out,
            "%s of events may be %.*f to %.*fx that of threads: "
            "open.",
            in, decimals, exp(e->i95.low), decimals, exp(e->i95.high));
    else
        fprintf(out, "events %s threads (%.*f to %.*f)%s.", claim, decimals,
            exp(e->i95.low), decimals, exp(e->i95.high),
            c->verdict == VERDICT_LEANS ? ", by how much is open" : "");
}

/* Write the sentence that a race comes down to. */
static void
write_sentence(FILE *out, const struct race *r, const struct comparison *c)
{
    char *text = NULL;
    size_t size = 0;
    FILE *sentence = open_memstream(&text, &size);

    if (sentence == NULL)
        err(1, NULL);
    fprintf(sentence, "%s%s, ", r->scenario->title,
        c->metric == METRIC_RATE ? " on one core" : "");
    write_claim(sentence, c);
    if (fclose(sentence) == EOF)
        err(1, NULL);
    write_wrapped(out, text);
    free(text);
}

/*
 * Write one cell of the control table: the value of one of the two, a/b with
 * its interval, filled up to a width.
 */
static void
write_cell(FILE *out, const struct comparison *c, double of, int width)
{
    char value[32], center[48], interval[48], ratio[128];

    write_value(value, sizeof(value), &metrics[c->metric], of);
    write_estimate(c, center, interval, sizeof(center));
    snprintf(ratio, sizeof(ratio), "%s%s%s%s", center,
        strcmp(interval, "-") != 0 ? " (" : "",
        strcmp(interval, "-") != 0 ? interval : "",
        strcmp(interval, "-") != 0 ? ")" : "");
    fprintf(out, "%11s  %-*s", value, width, ratio);
}

/* Write each twin against its controls, in rate and in cost. */
static void
write_controls(FILE *out, const struct race *r, bool pinned)
{
    fprintf(out, "\n  %-30s%11s  %-21s%11s  %s\n", "ratio to a control",
        "requests/s", "ratio", "CPU us", "ratio");
    for (size_t p = 1; p < JUDGE_PEER_PAIRS; p++) {
        enum subject a = judge_pairs[p].a, b = judge_pairs[p].b;
        struct comparison rate = judge_compare(r, pinned, METRIC_RATE, a, b);
        struct comparison cpu = judge_compare(r, pinned, METRIC_CPU, a, b);
        char label[80];

        snprintf(label, sizeof(label), "%s / %s", subjects[a].title,
            subjects[b].title);
        fprintf(out, "  %-30s", label);
        if (isnan(cpu.value_a) || isnan(cpu.value_b)) {
            fprintf(out, "  not found\n");
            continue;
        }
        write_cell(out, &rate, rate.value_b, 21);
        write_cell(out, &cpu, cpu.value_b, 0);
        putc('\n', out);
    }
}

/* Write the peer against the twins, in rate and in cost, and what is wrong. */
static void
write_peer(FILE *out, const struct race *r, bool pinned)
{
    char text[512];
    double server, load;

    fprintf(out, "\n  %-27s%14s  %-21s%11s  %s\n", "ratio of the peer",
        "its requests/s", "ratio", "its CPU us", "ratio");
    for (size_t p = JUDGE_PEER_PAIRS; p < JUDGE_PAIRS; p++) {
        enum subject a = judge_pairs[p].a, b = judge_pairs[p].b;
        struct comparison rate = judge_compare(r, pinned, METRIC_RATE, a, b);
        struct comparison cpu = judge_compare(r, pinned, METRIC_CPU, a, b);
        char label[80];

        snprintf(label, sizeof(label), "%s / %s", subjects[a].title,
            subjects[b].title);
        fprintf(out, "  %-30s", label);
        write_cell(out, &rate, rate.value_a, 21);
        write_cell(out, &cpu, cpu.value_a, 0);
        putc('\n', out);
        if (rate.invalid == NULL)
            continue;
        snprintf(text, sizeof(text), "  No ratio: %s.", rate.invalid);
        write_wrapped(out, text);
    }
    judge_busy(r, SUBJECT_PEER, &server, &load);
    if (pinned)
        fprintf(out, "  Busy: %s %.0f %%, load %.0f %%%s of a core each.\n",
            subjects[SUBJECT_PEER].title, server * 100, load * 100,
            judge_generator_bound(r, SUBJECT_PEER) ? " (generator-bound)" : "");
}

/* Write how busy both sides were, and whose limit the rate was. */
static void
write_limits(FILE *out, const struct race *r)
{
    const enum subject twins[] = { SUBJECT_THREADED, SUBJECT_EVENTED };

    fprintf(out, "  Busy:");
    for (size_t i = 0; i < 2; i++) {
        double server, load;

        judge_busy(r, twins[i], &server, &load);
        fprintf(out, "%s %s %.0f %%, load %.0f %%%s", i > 0 ? ";" : "",
            subjects[twins[i]].title, server * 100, load * 100,
            judge_generator_bound(r, twins[i]) ? " (generator-bound)" : "");
    }
    fprintf(out, " of a core each.\n");
}

/* Write which rows are missing for the same reason as row i, once. */
static void
write_missing(FILE *out, const struct comparison *rows, size_t n, size_t i)
{
    const char *reason = rows[i].missing, *comma = "";
    char text[512] = "  Missing: ";

    for (size_t k = 0; k < n; k++) {
        if (rows[k].missing == NULL || strcmp(rows[k].missing, reason) != 0)
            continue;
        if (k < i)
            return;
        strncat(text, comma, sizeof(text) - strlen(text) - 1);
        strncat(text, metrics[rows[k].metric].label,
            sizeof(text) - strlen(text) - 1);
        comma = "; ";
    }
    strncat(text, ": ", sizeof(text) - strlen(text) - 1);
    strncat(text, reason, sizeof(text) - strlen(text) - 1);
    write_wrapped(out, text);
}

/* Write what is missing, invalid or open in the rows above. */
static void
write_remarks(FILE *out, const struct comparison *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].missing != NULL)
            write_missing(out, rows, n, i);
        else if (rows[i].verdict == VERDICT_INCONCLUSIVE)
            fprintf(out, "  Open: %s: about %zu blocks would tell.\n",
                metrics[rows[i].metric].label, rows[i].blocks_needed);
    }
}

/* Write one race. */
void
table_race(FILE *out, const struct race *r, bool pinned, bool colour)
{
    struct comparison all[METRICS];
    size_t n = 0;

    for (int m = 0; m < METRICS; m++) {
        bool primary;

        if (judge_has(r->scenario->kind, (enum metric)m, &primary))
            all[n++] = judge_compare(
                r, pinned, (enum metric)m, judge_pairs[0].a, judge_pairs[0].b);
    }
    fprintf(out, "\n%s", colour ? BOLD : "");
    for (size_t i = 0; i < n; i++)
        if (all[i].primary)
            write_sentence(out, r, &all[i]);
    fprintf(out, "%s\n  %-23s%11s%11s%10s  %-18s%6s  %s\n", colour ? PLAIN : "",
        "", "threads", "events", "E/T", "95 % interval", "margin", "verdict");
    for (size_t i = 0; i < n; i++)
        write_row(out, &all[i], colour);
    if (r->scenario->controls)
        write_controls(out, r, pinned);
    if (r->scenario->kind == SCENARIO_REPLY && pinned)
        write_limits(out, r);
    if (r->has_peer)
        write_peer(out, r, pinned);
    if (race_discarded(r) > 0)
        fprintf(out,
            "  Discarded: %zu of %zu blocks, as the machine was busy "
            "with something else%s.\n",
            race_discarded(r), r->blocks,
            race_too_noisy(r) ? ": no verdict on times" : "");
    if (r->stopped_short > 0)
        fprintf(out,
            "  The descriptor limit allows only %zu of %zu "
            "connections.\n",
            r->scenario->connections - r->stopped_short,
            r->scenario->connections);
    write_remarks(out, all, n);
}

/* Count the races whose primary comparison has a verdict. */
static size_t
count_verdicts(struct race *const *races, size_t count, bool pinned)
{
    size_t n = 0;

    for (size_t i = 0; i < count * METRICS; i++) {
        const struct race *r = races[i / METRICS];
        enum metric m = (enum metric)(i % METRICS);
        struct comparison c =
            judge_compare(r, pinned, m, judge_pairs[0].a, judge_pairs[0].b);

        n += c.primary && c.verdict != VERDICT_NONE &&
             c.verdict != VERDICT_INVALID;
    }
    return n;
}

/* Write how to read the tables. */
void
table_notes(FILE *out, struct race *const *races, size_t count,
    const struct placement *placement)
{
    size_t judged = count_verdicts(races, count, placement->pinned);

    fprintf(out,
        "\nE/T: events to threads; for switches, which may be 0, events less "
        "threads. Verdicts need six\n"
        "blocks. WIN: the interval lies beyond the margin. EQUIVALENT: within "
        "it (*: a real difference\n"
        "that does not matter). LEANS: direction known, size not. Closed "
        "loop: the latencies are those\n"
        "of a saturated server. The sentences are the primary comparisons, "
        "the other rows exploratory;\n"
        "of the %zu primary ones with a verdict chance alone wins %.2f at "
        "most.\n",
        judged, 0.05 * (double)judged);
    if (!placement->pinned)
        fprintf(out, "Not pinned, because %s: rates and latencies missing.\n",
            placement->why);
}
