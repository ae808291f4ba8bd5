/*
 * A downloader with threads over libcurl: each has a handle of its own, and
 * takes one URL after the other from the list.
 */

#include "report/controls/downloads.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct downloads all; /* under the lock */

/* Take the next URL; NULL when there is none. */
static const char *
take_url(void)
{
    const char *url;

    pthread_mutex_lock(&lock);
    url = *all.urls;
    if (url != NULL)
        all.urls++;
    pthread_mutex_unlock(&lock);
    return url;
}

/* Download until there is nothing left. */
static void *
work(void *argument)
{
    struct download *d = malloc(sizeof(*d));
    const char *url;

    if (d == NULL)
        err(1, NULL);
    download_init(d);
    while ((url = take_url()) != NULL) {
        download_begin(d, &all, url);
        if (download_end(d, curl_easy_perform(d->easy)))
            continue;
        pthread_mutex_lock(&lock);
        all.failed = true;
        pthread_mutex_unlock(&lock);
    }
    curl_easy_cleanup(d->easy);
    free(d);
    return NULL;
}

int
main(int argc, char **argv)
{
    pthread_t *threads;

    downloads_read(&all, argc, argv);
    threads = calloc(all.at_once, sizeof(*threads));
    if (threads == NULL)
        err(1, NULL);
    for (size_t i = 0; i < all.at_once; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            errx(1, "no thread");
    for (size_t i = 0; i < all.at_once; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    curl_global_cleanup();
    return all.failed ? 1 : 0;
}
