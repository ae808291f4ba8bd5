#include "common/transfer.h"

#include "common/deadline.h"
#include "common/log.h"
#include "common/number.h"
#include "common/permute.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifndef VERSION
#define VERSION "0.1"
#endif

/* The first wait before a request is made again; it doubles each time. */
#define WAIT_MS 1000

/* A wait varies by so many thousandths up or down, so that requests that failed
 * together do not come back together. */
#define WAIT_VARIES 250

/* Bytes of a reason phrase that are told. */
#define REASON_MAX 80

/* The fields that are asked for, by their place. */
enum field {
    FIELD_LOCATION,
    FIELD_RETRY_AFTER,
    FIELD_ENCODING,
};
static const char *const field_names[TRANSFER_FIELDS] = { "location",
    "retry-after", "content-encoding" };

/* Aim at what the stage asks for, and forget what came before. */
static void
aim(struct transfer *transfer)
{
    const struct transfer_rules *rules = transfer->rules;
    const char *base = rules->base.target;
    const int low[2] = { tolower(transfer->code[0]),
        tolower(transfer->code[1]) };
    int length = (int)strlen(base);

    assert(length <= TRANSFER_BASE_MAX);
    length -= base[length - 1] == '/';
    transfer->url = rules->base;
    if (transfer->stage == TRANSFER_IMAGE)
        snprintf(transfer->url.target, URL_TARGET_MAX, "%.*s/%c%c/%c%c.%.8s",
            length, base, low[0], low[1], low[0], low[1], rules->suffix);
    else
        snprintf(transfer->url.target, URL_TARGET_MAX,
            "%.*s/%c%c/metadata.json", length, base, low[0], low[1]);
    transfer->redirects = 0;
    transfer->fresh = false;
    transfer->verdict = TRANSFER_OPEN;
}

/* Start on the flag of a code. */
void
transfer_start(struct transfer *transfer, const struct transfer_rules *rules,
    const char *code)
{
    *transfer = (struct transfer) {
        .step = TRANSFER_ASK,
        .rules = rules,
        .asked_s = -1,
        .until = NEVER,
    };
    for (size_t i = 0; i < TRANSFER_FIELDS; i++)
        transfer->fields[i].name = field_names[i];
    memcpy(transfer->code, code, 2);
    save_name_code(transfer->name, code, rules->suffix);
    aim(transfer);
}

/* A request is about to be made. */
void
transfer_begin(struct transfer *transfer, int64_t now)
{
    if (transfer->tries++ == 0)
        transfer->started = now;
    transfer->until = deadline_after(now, transfer->rules->max_ms);
}

/* Write the request. */
size_t
transfer_request(
    const struct transfer *transfer, char text[TRANSFER_REQUEST_MAX])
{
    char authority[URL_AUTHORITY_MAX];

    url_authority(&transfer->url, authority);
    return (size_t)snprintf(text, TRANSFER_REQUEST_MAX,
        "GET %s HTTP/1.1\r\n"
        "Host: %s\r\n"
        "User-Agent: flags/" VERSION "\r\n"
        "Accept: */*\r\n"
        "Accept-Encoding: identity\r\n"
        "\r\n",
        transfer->url.target, authority);
}

/* The earlier of two times. */
static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until when a connection may be waited for. */
int64_t
transfer_connect_deadline(const struct transfer *transfer, int64_t now)
{
    return earlier(now + TRANSFER_CONNECT_MS, transfer_deadline(transfer, now));
}

/* Until when the next byte may be waited for. */
int64_t
transfer_deadline(const struct transfer *transfer, int64_t now)
{
    return earlier(
        deadline_after(now, transfer->rules->timeout_ms), transfer->until);
}

/* The process was stopped for so long. */
void
transfer_lost(struct transfer *transfer, int64_t ms)
{
    if (transfer->until != NEVER)
        transfer->until += ms;
}

/* Write why it fails. */
__attribute__((format(printf, 2, 3))) static void
explain(struct transfer *transfer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(transfer->text, sizeof(transfer->text), format, arguments);
    va_end(arguments);
}

/* Write why it fails: its status. */
static void
explain_status(struct transfer *transfer, const struct http_response *response)
{
    char reason[REASON_MAX];

    log_harmless(
        reason, sizeof(reason), response->reason.text, response->reason.length);
    explain(transfer, "HTTP %d%s%s", response->status,
        reason[0] == '\0' ? "" : " - ", reason);
}

/* The seconds that a Retry-After asks to wait; -1: it is none (RFC 9110,
 * 10.2.3). */
static int64_t
read_retry_after(struct http_slice value, int64_t wall)
{
    static const char *const formats[] = { "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y" };
    char text[64];
    int64_t seconds = INT64_MAX;

    if (value.length == 0 || value.length >= sizeof(text))
        return -1;
    if (value.text[0] >= '0' && value.text[0] <= '9')
        return number_read(value.text, value.length, &seconds) ==
                       NUMBER_MALFORMED
                   ? -1
                   : seconds;
    snprintf(text, sizeof(text), "%.*s", (int)value.length, value.text);
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        struct tm date = { 0 };
        const char *end = strptime(text, formats[i], &date);

        if (end != NULL && *end == '\0') {
            seconds = (int64_t)timegm(&date) - wall;
            return seconds > 0 ? seconds : 0;
        }
    }
    return -1;
}

/* Judge where an answer has been moved to. */
static enum transfer_verdict
judge_redirect(struct transfer *transfer, const struct http_response *response)
{
    const struct http_slice to = transfer->fields[FIELD_LOCATION].value;

    if (to.text == NULL) {
        explain_status(transfer, response);
        return TRANSFER_FAILED;
    }
    if (++transfer->redirects > TRANSFER_REDIRECTS) {
        explain(transfer, "too many redirects");
        return TRANSFER_FAILED;
    }
    switch (url_resolve(&transfer->url, &transfer->url, to.text, to.length)) {
    case URL_OK:
        return TRANSFER_MOVED;
    case URL_HTTPS:
        explain(transfer, "redirected to https, which is not supported");
        return TRANSFER_FAILED;
    case URL_OTHER:
        explain(transfer, "redirected to what is not http");
        return TRANSFER_FAILED;
    case URL_MALFORMED:
    case URL_USER:
    default:
        explain(transfer, "malformed redirect");
        return TRANSFER_FAILED;
    }
}

/* Judge an answer that is neither wanted, nor missing, nor elsewhere. */
static enum transfer_verdict
judge_error(struct transfer *transfer, const struct http_response *response,
    int64_t wall)
{
    static const int passing[] = { 408, 429, 500, 502, 503, 504 };

    explain_status(transfer, response);
    for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
        if (response->status == passing[i]) {
            transfer->asked_s = read_retry_after(
                transfer->fields[FIELD_RETRY_AFTER].value, wall);
            return TRANSFER_AGAIN;
        }
    }
    return TRANSFER_FAILED;
}

/* Judge an answer with what was asked for. */
static enum transfer_verdict
judge_success(struct transfer *transfer)
{
    const struct http_slice coding = transfer->fields[FIELD_ENCODING].value;

    if (coding.text != NULL &&
        !http_is_word(coding.text, coding.length, "identity")) {
        explain(transfer, "unexpected Content-Encoding");
        return TRANSFER_FAILED;
    }
    if (transfer->length > transfer->rules->max_bytes) {
        explain(transfer, "too large");
        return TRANSFER_FAILED;
    }
    return TRANSFER_GOOD;
}

/* Judge a head. */
static enum transfer_verdict
judge(struct transfer *transfer, const struct http_response *response,
    int64_t wall)
{
    switch (response->status) {
    case 200:
        return judge_success(transfer);
    case 404:
        return TRANSFER_MISSING;
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return judge_redirect(transfer, response);
    default:
        return judge_error(transfer, response, wall);
    }
}

/* What to do with the body, of which so much has come. */
static enum transfer_use
use_body(const struct transfer *transfer)
{
    if (transfer->verdict == TRANSFER_GOOD)
        return transfer->stage == TRANSFER_IMAGE ? TRANSFER_KEEP
                                                 : TRANSFER_DROP;
    return transfer->length > TRANSFER_DROP_MAX ||
                   transfer->received > TRANSFER_DROP_MAX
               ? TRANSFER_CLOSE
               : TRANSFER_DROP;
}

/* A head came. */
enum transfer_use
transfer_head(struct transfer *transfer, const struct http_response *response,
    int64_t wall)
{
    transfer->status = response->status;
    transfer->length = response->length;
    transfer->received = 0;
    transfer->asked_s = -1;
    transfer->verdict = judge(transfer, response, wall);
    return use_body(transfer);
}

/* A piece of the body came. */
enum transfer_use
transfer_body(struct transfer *transfer, struct http_slice piece)
{
    const int64_t before = transfer->received;

    transfer->received += (int64_t)piece.length;
    if (transfer->verdict == TRANSFER_GOOD &&
        transfer->received > transfer->rules->max_bytes) {
        explain(transfer, "too large");
        transfer->verdict = TRANSFER_FAILED;
        return TRANSFER_CLOSE;
    }
    if (transfer->verdict == TRANSFER_GOOD &&
        transfer->stage == TRANSFER_METADATA) {
        if (transfer->received > METADATA_MAX) {
            explain(transfer, "malformed metadata");
            transfer->verdict = TRANSFER_FAILED;
            return TRANSFER_CLOSE;
        }
        memcpy(transfer->metadata + before, piece.text, piece.length);
    }
    return use_body(transfer);
}

/* The flag is done. */
static enum transfer_step
finish(struct transfer *transfer, enum transfer_kind kind, int64_t now)
{
    transfer->kind = kind;
    transfer->took_ms = now - transfer->started;
    return transfer->step = TRANSFER_DONE;
}

/* How long to wait before the request is made again: doubled each time. */
static int64_t
wait_ms(const struct transfer *transfer)
{
    const uint64_t code =
        (uint64_t)transfer->code[0] << 8 | (uint64_t)transfer->code[1];
    struct permutation chance;
    int64_t ms = WAIT_MS;

    for (unsigned i = 0; i < transfer->failures && ms < TRANSFER_WAIT_MAX_MS;)
        i++, ms *= 2;
    ms = earlier(ms, TRANSFER_WAIT_MAX_MS);
    permute_init(&chance, 2 * WAIT_VARIES,
        transfer->rules->seed ^ code << 32 ^ (uint64_t)transfer->stage << 48);
    return ms *
           (1000 - WAIT_VARIES +
               (int64_t)permute_at(
                   &chance, transfer->failures % (2 * WAIT_VARIES))) /
           1000;
}

/* What failed, as text says, may be asked again. */
static enum transfer_step
try_again(struct transfer *transfer, int64_t now)
{
    if (transfer->failures == transfer->rules->retries)
        return finish(transfer, TRANSFER_ERROR, now);
    if (transfer->asked_s > TRANSFER_WAIT_MAX_MS / 1000) {
        explain(transfer, "asked to wait %lld s", (long long)transfer->asked_s);
        return finish(transfer, TRANSFER_ERROR, now);
    }
    transfer->due = now + (transfer->asked_s >= 0 ? transfer->asked_s * 1000
                                                  : wait_ms(transfer));
    transfer->failures++;
    aim(transfer);
    return transfer->step = TRANSFER_WAIT;
}

/* What was asked for has come. */
static enum transfer_step
take_in(struct transfer *transfer, int64_t now)
{
    char country[METADATA_COUNTRY_MAX];
    size_t length;

    if (transfer->stage == TRANSFER_IMAGE) {
        transfer->bytes = transfer->received;
        if (!transfer->rules->names)
            return transfer->step = TRANSFER_SAVE;
        transfer->stage = TRANSFER_METADATA;
        transfer->failures = 0;
        aim(transfer);
        return transfer->step = TRANSFER_ASK;
    }
    length = metadata_country(
        country, transfer->metadata, (size_t)transfer->received);
    if (length == 0) {
        explain(transfer, "malformed metadata");
        return finish(transfer, TRANSFER_ERROR, now);
    }
    save_name_country(transfer->name, country, length, transfer->code,
        transfer->rules->suffix);
    return transfer->step = TRANSFER_SAVE;
}

/* The answer is complete, or enough of it. */
enum transfer_step
transfer_end(struct transfer *transfer, int64_t now)
{
    switch (transfer->verdict) {
    case TRANSFER_GOOD:
        return take_in(transfer, now);
    case TRANSFER_MOVED:
        transfer->verdict = TRANSFER_OPEN;
        transfer->fresh = false;
        return transfer->step = TRANSFER_FOLLOW;
    case TRANSFER_MISSING:
        return finish(transfer, TRANSFER_NOT_FOUND, now);
    case TRANSFER_AGAIN:
        return try_again(transfer, now);
    case TRANSFER_OPEN:
    case TRANSFER_FAILED:
    default:
        return finish(transfer, TRANSFER_ERROR, now);
    }
}

/* Whether the head has told all that matters, so that it makes no difference
 * how the rest of the answer fails. */
static bool
is_judged(const struct transfer *transfer)
{
    return transfer->verdict != TRANSFER_OPEN &&
           transfer->verdict != TRANSFER_GOOD;
}

/* Write why it fails: bytes are missing. */
static void
explain_cut(struct transfer *transfer)
{
    if (transfer->verdict == TRANSFER_OPEN)
        explain(transfer, "answer cut short");
    else if (transfer->length < 0)
        explain(transfer, "answer cut short (%lld bytes)",
            (long long)transfer->received);
    else
        explain(transfer, "answer cut short (%lld of %lld bytes)",
            (long long)transfer->received, (long long)transfer->length);
}

/* The request fails, as text says; it may be made again. */
static enum transfer_step
fail(struct transfer *transfer, int64_t now)
{
    transfer->asked_s = -1;
    return try_again(transfer, now);
}

/* The answer is broken. */
enum transfer_step
transfer_broken(struct transfer *transfer, enum http_response_flaw flaw,
    bool reused, int64_t now)
{
    if (is_judged(transfer))
        return transfer_end(transfer, now);
    if (flaw == HTTP_RESPONSE_SILENT && reused && !transfer->fresh) {
        transfer->fresh = true;
        return transfer->step = TRANSFER_FOLLOW;
    }
    if (flaw == HTTP_RESPONSE_SILENT)
        return transfer_unreachable(transfer, now);
    if (flaw == HTTP_RESPONSE_CUT) {
        explain_cut(transfer);
        return fail(transfer, now);
    }
    explain(transfer, "malformed answer");
    return finish(transfer, TRANSFER_ERROR, now);
}

/* There is no connection. */
enum transfer_step
transfer_unreachable(struct transfer *transfer, int64_t now)
{
    explain(transfer, "Connection error");
    return fail(transfer, now);
}

/* A deadline has passed. */
enum transfer_step
transfer_late(struct transfer *transfer, int64_t now)
{
    if (is_judged(transfer))
        return transfer_end(transfer, now);
    explain(transfer, "timed out");
    return fail(transfer, now);
}

/* The request cannot be made. */
enum transfer_step
transfer_unable(struct transfer *transfer, int error, int64_t now)
{
    explain(transfer, "cannot ask: %s", strerrordesc_np(error));
    return finish(transfer, TRANSFER_ERROR, now);
}

/* The file was saved, or not. */
enum transfer_step
transfer_saved(struct transfer *transfer, int error, int64_t now)
{
    if (error == 0)
        return finish(transfer, TRANSFER_OK, now);
    explain(transfer, "cannot save: %s", strerrordesc_np(error));
    transfer->fatal = save_is_fatal(error);
    return finish(transfer, TRANSFER_ERROR, now);
}

/* Count a flag that is done. */
void
transfer_count(struct transfer_tally *tally, const struct transfer *transfer)
{
    tally->ok += transfer->kind == TRANSFER_OK;
    tally->not_found += transfer->kind == TRANSFER_NOT_FOUND;
    tally->errors += transfer->kind == TRANSFER_ERROR;
    tally->fatal |= transfer->fatal;
}

/* How many are not done. */
size_t
transfer_unasked(const struct transfer_tally *tally)
{
    return tally->all - tally->ok - tally->not_found - tally->errors;
}

/* The exit code of the program. */
int
transfer_exit(const struct transfer_tally *tally, int signal)
{
    if (signal != 0)
        return 128 + signal;
    if (tally->fatal)
        return 2;
    return tally->errors > 0 ? 1 : 0;
}
