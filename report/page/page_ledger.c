#include "report/page/claims.h"
#include "report/page/html.h"
#include "report/page/page_parts.h"
#include "report/page/page_table.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>

/* Write what a claim says, and where that was published. */
static void
write_claim(FILE *html, const struct claim *claim)
{
    html_put(html,
        "<td class=\"text claim\">%s</td><td class=\"published\">%s<br>"
        "<span class=\"soft\">",
        claim->text, claim->published);
    if (claim->url != NULL)
        html_put(html, "<a href=\"%s\">%s</a>", claim->url, claim->source);
    else
        html_text(html, claim->source);
    fputs("</span></td>", html);
}

/* Write a claim that was held against figures. */
static void
write_measured(
    FILE *html, const struct claim *claim, const struct claim_result *result)
{
    const char *name = claim_verdict_name(result->verdict);

    html_put(html,
        "<tr id=\"%s\"><th scope=\"row\">%s</th><td><span class=\"badge "
        "%s\">%s</span></td>",
        claim->id, claim->id,
        result->verdict == CLAIM_OURS_ONLY ? "either" : name, name);
    write_claim(html, claim);
    html_put(html, "<td class=\"text here\">%s", result->ours);
    if (result->why[0] != '\0')
        html_put(html, " <span class=\"soft\">Open: %s.</span>", result->why);
    fputs("</td></tr>\n", html);
}

/* Write a claim of which there is no figure. */
static void
write_unmeasured(
    FILE *html, const struct claim *claim, const struct claim_result *result)
{
    html_put(
        html, "<tr id=\"%s\"><th scope=\"row\">%s</th>", claim->id, claim->id);
    write_claim(html, claim);
    html_put(html, "<td class=\"text here\">%s</td></tr>\n", result->why);
}

/* Write how many there are of each verdict. */
static void
write_summary(FILE *html, const size_t *counts)
{
    char count[WORDS_MAX];

    fputs("<p>Published figures, held against those of this run by rules that "
          "were written before it. A range is stated for each; the claim is "
          "reproduced when our whole interval lies in it, refuted when all of "
          "it lies outside, and open otherwise. Here:",
        html);
    for (int v = 0; v < CLAIM_VERDICTS; v++)
        html_put(html, "%s %s %s", v > 0 ? "," : "",
            words_count(count, (double)counts[v]),
            claim_verdict_name((enum claim_verdict)v));
    fputs(".</p>\n", html);
}

/* Write the table of the claims that were measured, or of the others. */
static void
write_table(FILE *html, const struct claim_result *results, bool measured)
{
    page_open_table(html, "ledger",
        measured ? "Claims and what became of them" : "Claims not measured");
    fputs("<thead><tr><th scope=\"col\">no.</th>", html);
    if (measured)
        fputs("<th scope=\"col\">verdict</th>", html);
    html_put(html,
        "<th scope=\"col\">claim</th><th scope=\"col\">published</th>"
        "<th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
        measured ? "here" : "why not");
    for (size_t i = 0; i < claims_count; i++) {
        bool is_measured = results[i].verdict != CLAIM_NOT_MEASURED;

        if (measured && is_measured)
            write_measured(html, &claims[i], &results[i]);
        else if (!measured && !is_measured)
            write_unmeasured(html, &claims[i], &results[i]);
    }
    page_close_table(html);
}

/* Write the ledger. */
void
page_ledger(FILE *html, const json_t *report)
{
    struct claim_result *results = calloc(claims_count, sizeof(*results));
    size_t counts[CLAIM_VERDICTS] = { 0 };

    if (results == NULL)
        err(1, NULL);
    fputs("<section id=\"claims\">\n<h2>What others say</h2>\n", html);
    for (size_t i = 0; i < claims_count; i++) {
        results[i] = claim_check(&claims[i], report);
        counts[results[i].verdict]++;
    }
    write_summary(html, counts);
    if (counts[CLAIM_NOT_MEASURED] < claims_count)
        write_table(html, results, true);
    if (counts[CLAIM_NOT_MEASURED] > 0) {
        fputs("<details><summary>Not measured, and why</summary>\n", html);
        write_table(html, results, false);
        fputs("</details>\n", html);
    }
    fputs("</section>\n", html);
    for (size_t i = 0; i < claims_count; i++)
        claim_free(&results[i]);
    free(results);
}
