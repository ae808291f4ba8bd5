/*
 * waiter, with an event loop, or a few.
 */
#include "evented/server.h"
#include "tests/system/waiter.h"

#include <pthread.h>
#include <sys/queue.h>

/* A client, and whether it waits. */
struct waiter {
    struct connection connection;
    LIST_ENTRY(waiter) link;
    bool waits; /* for so long */
    long ms;
};

/* A wake-up on its way to a loop; it is looked up whether the client is still
 * there. */
struct wake_up {
    struct keeper_work work;
    struct waiter *waiter;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, waiter) waiters = LIST_HEAD_INITIALIZER(waiters);

/* Take a client for one that waits, or not. */
static void
set_waiting(struct waiter *waiter, bool waits)
{
    pthread_mutex_lock(&lock);
    if (waits)
        LIST_INSERT_HEAD(&waiters, waiter, link);
    else if (waiter->waits)
        LIST_REMOVE(waiter, link);
    waiter->waits = waits;
    pthread_mutex_unlock(&lock);
}

/* Wake a client, if it still waits. */
static void
wake_up(void *argument)
{
    struct wake_up *wake = argument;
    struct waiter *waiter;

    pthread_mutex_lock(&lock);
    LIST_FOREACH(waiter, &waiters, link)
        if (waiter == wake->waiter)
            break;
    pthread_mutex_unlock(&lock);
    /* Only this thread could end its wait meanwhile. */
    if (waiter != NULL)
        stream_resume(waiter->connection.stream);
    free(wake);
}

/* End the waits of all, and say how many there were. */
static void
rouse(struct stream *stream)
{
    char text[16];
    int count = 0;
    struct waiter *waiter;

    pthread_mutex_lock(&lock);
    LIST_FOREACH(waiter, &waiters, link) {
        struct wake_up *wake = calloc(1, sizeof(*wake));

        if (wake == NULL)
            continue;
        wake->work = (struct keeper_work) { .run = wake_up, .argument = wake };
        wake->waiter = waiter;
        keeper_post(waiter->connection.keeper, &wake->work);
        count++;
    }
    pthread_mutex_unlock(&lock);
    stream_write(stream, text, (size_t)sprintf(text, "%d\n", count));
}

/* Say for what the client waited, once that is known. */
static bool
tell(struct stream *stream, void *argument)
{
    static const char *const words[] = WAITER_WORDS;
    struct waiter *waiter = argument;
    enum stream_news news;

    if (!waiter->waits) {
        set_waiting(waiter, true);
        stream_pause(stream, waiter->ms);
        return true;
    }
    set_waiting(waiter, false);
    news = stream_news(stream);
    stream_write(stream, words[news], strlen(words[news]));
    if (news == STREAM_LEFT || news == STREAM_STOPS)
        stream_finish(stream);
    return false;
}

/* Begin to serve a client. */
static void
begin(struct stream *stream, void *session, void *argument)
{
}

/* Serve a client. This is one line of it, or what stands for one. */
static void
serve(struct stream *stream, enum line_status status, const struct line *line,
    void *argument)
{
    struct waiter *waiter = argument;

    if (status != LINE_READY) {
        stream_finish(stream);
        return;
    }
    waiter->ms = waiter_asked(line);
    if (waiter->ms < 0)
        rouse(stream);
    else
        stream_produce(stream);
}

/* Forget a client. */
static void
end(struct stream *stream, int error, void *argument)
{
    set_waiting(argument, false);
}

/* Read the command line and serve. */
int
main(int argc, char **argv)
{
    struct guess_server_options options;

    guess_server_cli(&options, &server_twin, 0, 0, argc, argv);
    return server_run(&options.server,
        &(struct server_program) {
            .port = options.port,
            .refusal = "",
            .session_size = sizeof(struct waiter),
            .open = begin,
            .handler = {
                .limits = &options.server.limits,
                .line = serve,
                .produce = tell,
                .gone = end,
            },
        },
        1);
}
