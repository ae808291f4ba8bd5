/*
 * waiter, with a thread per connection.
 */
#include "tests/system/waiter.h"
#include "threaded/server.h"

#include <pthread.h>
#include <sys/queue.h>

/* A client that waits. */
struct waiter {
    LIST_ENTRY(waiter) link;
    struct stream *stream;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, waiter) waiters = LIST_HEAD_INITIALIZER(waiters);

/* End the waits of all, and say how many there were. */
static void
rouse(struct stream *stream)
{
    char text[16];
    int count = 0;
    struct waiter *waiter;

    pthread_mutex_lock(&lock);
    LIST_FOREACH(waiter, &waiters, link) {
        stream_rouse(waiter->stream);
        count++;
    }
    pthread_mutex_unlock(&lock);
    stream_write(stream, text, (size_t)sprintf(text, "%d\n", count));
}

/* Wait, and say for what; false: there is no more to say. */
static bool
wait_for(struct stream *stream, long ms)
{
    static const char *const words[] = WAITER_WORDS;
    struct waiter waiter = { .stream = stream };
    enum stream_news news;

    pthread_mutex_lock(&lock);
    LIST_INSERT_HEAD(&waiters, &waiter, link);
    pthread_mutex_unlock(&lock);
    news = stream_await(stream, ms);
    pthread_mutex_lock(&lock);
    LIST_REMOVE(&waiter, link);
    pthread_mutex_unlock(&lock);
    stream_write(stream, words[news], strlen(words[news]));
    return news == STREAM_TIMEOUT || news == STREAM_ROUSED;
}

/* Serve a client. From its first line to its last. */
static void
serve(struct stream *stream, void *argument)
{
    struct line line;
    bool more = true;

    while (more && stream_read_line(stream, &line) == LINE_READY) {
        const long ms = waiter_asked(&line);

        if (ms < 0)
            rouse(stream);
        else
            more = wait_for(stream, ms);
    }
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
            .limits = &options.server.limits,
            .refusal = "",
            .serve = serve,
        },
        1);
}
