/*
 * trim - a library to preload, by which a test has a program give back the
 * memory that it has freed: SIGRTMAX calls malloc_trim.
 *
 * A thread of its own waits for the signal: in a handler, which may interrupt
 * malloc itself, that call would not be safe. The signal is blocked before
 * main, so that every thread of the program inherits that. Where the thread
 * is not to be had the program runs all the same, and the signal is lost.
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/* Trim whenever the signal comes. */
static void *
trim(void *argument)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMAX);
    while (sigwait(&set, &number) == 0)
        malloc_trim(0);
    return NULL;
}

/* Start the thread, with every signal blocked: no other is for it. */
__attribute__((constructor)) static void
begin(void)
{
    sigset_t all, old;
    pthread_t thread;
    pthread_attr_t small;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_attr_init(&small) == 0) {
        pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
        if (pthread_create(&thread, &small, trim, NULL) == 0)
            pthread_setname_np(thread, "trim");
        pthread_attr_destroy(&small);
    }
    sigaddset(&old, SIGRTMAX);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}
