/*
 * downloads - what the downloading controls share: their command line and
 * where files go.
 *
 *     PROGRAM AT_ONCE FOLDER URL...
 *
 * makes so many requests at once, each connection kept, and saves each answer
 * under the last part of its URL; of an answer that is an error nothing is
 * left. They know no retries, no limits and no names of their own for files
 * that are not complete. The exit code is 0 when every URL had an answer. This
 * header is included by one file of one program each, so its functions are
 * static.
 */
#ifndef REPORT_DOWNLOADS_H
#define REPORT_DOWNLOADS_H

#include <curl/curl.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A download, by a handle that is used for one after the other. */
struct download {
    CURL *easy;
    FILE *file;
    char path[4096];
};

/* What is wanted: argv. */
struct downloads {
    size_t at_once;
    const char *folder;
    char **urls; /* the next one first, NULL last */
    bool failed;
};

/* Read the command line. */
static void
downloads_read(struct downloads *all, int argc, char **argv)
{
    if (argc < 4)
        errx(64, "usage: %s AT_ONCE FOLDER URL...", argv[0]);
    all->at_once = strtoul(argv[1], NULL, 10);
    all->folder = argv[2];
    all->urls = argv + 3;
    all->failed = false;
    if (all->at_once < 1 || all->at_once > 1000)
        errx(64, "1 to 1000 requests can be made at once");
    if (all->at_once > (size_t)argc - 3)
        all->at_once = (size_t)argc - 3;
    /* There is no TLS to be prepared for. */
    if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
        errx(1, "libcurl");
}

/* Make a handle. */
static void
download_init(struct download *d)
{
    d->easy = curl_easy_init();
    if (d->easy == NULL)
        errx(1, "libcurl");
    /* Neither a signal for time-outs, nor a proxy of the environment. */
    curl_easy_setopt(d->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(d->easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(d->easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(d->easy, CURLOPT_PRIVATE, d);
}

/* Begin to download a URL. */
static void
download_begin(struct download *d, const struct downloads *all, const char *url)
{
    const char *name = strrchr(url, '/');

    snprintf(d->path, sizeof(d->path), "%s/%s", all->folder,
        name != NULL ? name + 1 : url);
    d->file = fopen(d->path, "we");
    if (d->file == NULL)
        err(1, "%s", d->path);
    curl_easy_setopt(d->easy, CURLOPT_URL, url);
    curl_easy_setopt(d->easy, CURLOPT_WRITEDATA, d->file);
}

/* End a download; return whether there was an answer and it could be saved. */
static bool
download_end(struct download *d, CURLcode result)
{
    bool saved = fclose(d->file) == 0;

    if (result != CURLE_OK)
        unlink(d->path);
    if (result != CURLE_OK && result != CURLE_HTTP_RETURNED_ERROR)
        warnx("%s: %s", d->path, curl_easy_strerror(result));
    return saved && (result == CURLE_OK || result == CURLE_HTTP_RETURNED_ERROR);
}

#endif
