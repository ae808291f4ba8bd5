#include "report/alike/conform.h"
#include "report/alike/response.h"

#include <stdbool.h>
#include <string.h>

#define CLOSE    "Host: localhost\r\nConnection: close\r\n\r\n"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What is asked; each request ends the connection. */
static const char *const requests[] = {
    "GET /flags/us/us.gif HTTP/1.1\r\n" CLOSE,
    "GET /flags/ad/ad.gif HTTP/1.1\r\n" CLOSE,
    "GET /flags/ad/metadata.json HTTP/1.1\r\n" CLOSE,
    "HEAD /flags/us/us.gif HTTP/1.1\r\n" CLOSE,
    "GET /flags/xx/xx.gif HTTP/1.1\r\n" CLOSE,
    "GET /flags/ad/de.gif HTTP/1.1\r\n" CLOSE,
    "GET /nowhere HTTP/1.1\r\n" CLOSE,
    "GET /healthz HTTP/1.1\r\n" CLOSE,
    "nonsense\r\n\r\n",
};

/* Tell whether a body is a picture. */
static bool
is_picture(const struct response *r)
{
    static const char mark[] = "GIF89a";
    const size_t length = sizeof(mark) - 1;

    return r->length > length && memcmp(r->body, mark, length) == 0;
}

/* Tell whether two responses mean the same. How large a flag is, and what an
 * error says, is a server's own. */
static bool
are_alike(const struct response *model, const struct response *judged)
{
    if (model->status != judged->status)
        return false;
    if (model->status != 200)
        return true;
    if (model->body == NULL || judged->body == NULL)
        return false;
    if (is_picture(model))
        return is_picture(judged);
    return model->length == judged->length &&
           memcmp(model->body, judged->body, model->length) == 0;
}

/* Tell whether two answers mean the same. */
static bool
mean_the_same(const struct answer_bytes *a, const struct answer_bytes *b)
{
    struct response model, judged;
    bool same;

    response_read(&model, a);
    response_read(&judged, b);
    same = are_alike(&model, &judged);
    response_free(&model);
    response_free(&judged);
    return same;
}

/* Hold all conversations; heads are a peer's own. */
static void
compare_all(struct proof *p)
{
    static struct talk t;
    bool same;

    for (size_t i = 0; i < COUNT(requests) * TALKS_WAYS; i++) {
        const char *request = requests[i / TALKS_WAYS];
        const struct difference d = {
            .rule = "the answer is the flag server's",
            .key = request,
        };

        talks_written(
            &t, "over HTTP", request, strlen(request), (int)(i % TALKS_WAYS));
        if (!proof_converse(p, &t, p->model.port, p->judged.port))
            return;
        response_mask_dates(&p->threads);
        response_mask_dates(&p->other);
        same = p->peer != NULL ? mean_the_same(&p->threads, &p->other)
                               : converse_is_same(&p->threads, &p->other);
        if (!same)
            proof_differs(p, &t, &d);
    }
}

/* Start both with the door that has no delays. */
int
conform_flags(struct proof *p)
{
    static const char *const options[] = { "--quiet", "--seed", "1",
        "--delay-port", "off", "--error-port", "off", NULL };

    return proof_run(
        p, options, "flag servers", conform_flags_seconds(), compare_all);
}

/* Estimate the time from the number of conversations. */
double
conform_flags_seconds(void)
{
    return 0.005 * (double)(COUNT(requests) * TALKS_WAYS);
}
