#include "report/claims.h"
#include "report/html.h"
#include "report/page_parts.h"

#include <string.h>

/* Write a source, with its address if there is one. */
static void
write_source(FILE *html, const struct claim *claim)
{
    if (claim->url != NULL)
        html_put(html, "<a href=\"%s\">%s</a>", claim->url, claim->source);
    else
        html_text(html, claim->source);
}

/* Write a claim that was held against figures. */
static void
write_measured(
    FILE *html, const struct claim *claim, const struct claim_result *result)
{
    html_put(html,
        "<tr id=\"%s\"><th scope=\"row\">%s</th><td class=\"text\">%s</td>"
        "<td>%s<br><span class=\"soft\">",
        claim->id, claim->id, claim->text, claim->published);
    write_source(html, claim);
    html_put(html, "</span></td><td class=\"text\">%s", result->ours);
    if (result->why[0] != '\0')
        html_put(html, "%s<span class=\"soft\">%s</span>",
            result->ours[0] != '\0' ? " Open: " : "", result->why);
    html_put(html, "</td><td><span class=\"badge %s\">%s</span></td></tr>\n",
        result->verdict == CLAIM_OURS_ONLY
            ? "either"
            : claim_verdict_name(result->verdict),
        claim_verdict_name(result->verdict));
}

/* Write a claim of which there is no figure. */
static void
write_unmeasured(
    FILE *html, const struct claim *claim, const struct claim_result *result)
{
    html_put(html,
        "<tr id=\"%s\"><th scope=\"row\">%s</th><td class=\"text\">%s</td>"
        "<td>%s<br><span class=\"soft\">",
        claim->id, claim->id, claim->text, claim->published);
    write_source(html, claim);
    html_put(
        html, "</span></td><td class=\"text\">%s</td></tr>\n", result->why);
}

/* Write how many there are of each verdict. */
static void
write_summary(FILE *html, const size_t *counts)
{
    char count[WORDS_MAX];

    fputs("<p>Published figures, held against those of this run by rules that "
          "were written before it. A range is stated for each; the claim is "
          "reproduced when our whole interval lies in it, refuted when all of "
          "it lies beyond, and open in between. Here:",
        html);
    for (int v = 0; v < CLAIM_VERDICTS; v++)
        html_put(html, "%s %s %s", v > 0 ? "," : "",
            words_count(count, (double)counts[v]),
            claim_verdict_name((enum claim_verdict)v));
    fputs(".</p>\n", html);
}

/* Write the ledger. */
void
page_ledger(FILE *html, const json_t *report)
{
    size_t counts[CLAIM_VERDICTS] = { 0 };

    fputs("<section id=\"claims\">\n<h2>What others say</h2>\n", html);
    for (size_t i = 0; i < claims_count; i++) {
        struct claim_result result = claim_check(&claims[i], report);

        counts[result.verdict]++;
        claim_free(&result);
    }
    write_summary(html, counts);
    for (int measured = 1; measured >= 0; measured--) {
        fputs(measured ? ""
                       : "<details><summary>Not measured, and why"
                         "</summary>\n",
            html);
        page_open_table(html, "ledger",
            measured ? "Claims and what became of them"
                     : "Claims not measured");
        html_put(html,
            "<thead><tr><th scope=\"col\">no.</th><th scope=\"col\">claim</th>"
            "<th scope=\"col\">published</th><th scope=\"col\">%s</th>",
            measured ? "here" : "why not");
        fputs(measured
                  ? "<th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n"
                  : "</tr></thead>\n<tbody>\n",
            html);
        for (size_t i = 0; i < claims_count; i++) {
            struct claim_result result = claim_check(&claims[i], report);

            if (measured && result.verdict != CLAIM_NOT_MEASURED)
                write_measured(html, &claims[i], &result);
            else if (!measured && result.verdict == CLAIM_NOT_MEASURED)
                write_unmeasured(html, &claims[i], &result);
            claim_free(&result);
        }
        page_close_table(html);
    }
    fputs("</details>\n</section>\n", html);
}
