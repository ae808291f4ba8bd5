#include "common/progress.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>

/* What tqdm 4.64.1 draws: tqdm.format_meter(done, total, ms / 1000, width). */
static const struct {
    size_t done, total;
    int64_t ms;
    size_t width;
    const char *line;
} bars[] = {
    { 0, 20, 0, 80,
        "  0%|                                                    | 0/20 "
        "[00:00<?, ?it/s]" },
    { 0, 20, 5, 80,
        "  0%|                                                    | 0/20 "
        "[00:00<?, ?it/s]" },
    { 1, 20, 100, 80,
        "  5%|██▏                                         | 1/20 [00:00<00:01, "
        "10.00it/s]" },
    { 9, 20, 271, 80,
        " 45%|███████████████████▊                        | 9/20 [00:00<00:00, "
        "33.21it/s]" },
    { 20, 20, 603, 80,
        "100%|███████████████████████████████████████████| 20/20 [00:00<00:00, "
        "33.17it/s]" },
    { 10, 20, 603, 20, " 50%|▌| 10/20 [00:00" },
    { 10, 20, 603, 36, " 50%|▌| 10/20 [00:00<00:00, 16.58it/" },
    { 10, 20, 603, 37, " 50%|▌| 10/20 [00:00<00:00, 16.58it/s" },
    { 10, 20, 603, 38, " 50%|▌| 10/20 [00:00<00:00, 16.58it/s]" },
    { 10, 20, 603, 1, " " },
    { 20, 20, 603, 200,
        "100%|"
        "██████████████████████████████████████████████████████████████████████"
        "██████████████████████████████████████████████████████████████████████"
        "███████████████████████| 20/20 [00:00<00:00, 33.17it/s]" },
    { 1, 3, 5000, 80,
        " 33%|███████████████                              | 1/3 [00:05<00:10, "
        " 5.00s/it]" },
    { 1, 3, 5000, 60,
        " 33%|████████▎                | 1/3 [00:05<00:10,  5.00s/it]" },
    { 2, 3, 2000, 60,
        " 67%|████████████████▋        | 2/3 [00:02<00:01,  1.00it/s]" },
    { 676, 676, 7460, 80,
        "100%|█████████████████████████████████████████| 676/676 [00:07<00:00, "
        "90.62it/s]" },
    { 37, 676, 1234567, 100,
        "  5%|███▎                                                        | "
        "37/676 [20:34<5:55:21, 33.37s/it]" },
    { 600, 676, 3600000, 80,
        " 89%|██████████████████████████████████▌    | 600/676 [1:00:00<07:36, "
        " 6.00s/it]" },
    { 1, 676, 86400000, 80,
        "  0%|                               | 1/676 [24:00:00<16200:00:00, "
        "86400.00s/it]" },
    { 1, 1, 1, 40, "100%|███| 1/1 [00:00<00:00, 1000.00it/s]" },
    { 13, 194, 6550, 79,
        "  7%|██▋                                      | 13/194 [00:06<01:31,  "
        "1.98it/s]" },
    { 97, 194, 1000, 41, " 50%|█▌ | 97/194 [00:01<00:01, 97.00it/s]" },
    { 33, 100, 250, 33, " 33%|▎| 33/100 [00:00<00:00, 132." },
    { 199, 200, 10, 50, "100%|███████▉| 199/200 [00:00<00:00, 19900.00it/s]" },
    { 5, 9, 999, 45, " 56%|█████▌    | 5/9 [00:00<00:00,  5.01it/s]" },
    { 1, 200, 1000, 80,
        "  0%|▏                                          | 1/200 [00:01<03:19, "
        " 1.00it/s]" },
    { 3, 676, 59999, 80,
        "  0%|▏                                        | 3/676 [00:59<3:44:19, "
        "20.00s/it]" },
    { 333, 676, 33, 120,
        " 49%|██████████████████████████████████████▍                          "
        "             | 333/676 [00:00<00:00, 10090.91it/s]" },
};

TEST(a_bar_is_that_of_tqdm, .times = COUNT(bars))
{
    char *text = guard_room(PROGRESS_BAR_MAX);
    size_t length = progress_bar(
        text, bars[_i].done, bars[_i].total, bars[_i].ms, bars[_i].width);

    ck_assert_int_eq(text[0], '\r');
    ck_assert_str_eq(text + 1, bars[_i].line);
    ck_assert_uint_eq(length, strlen(text));
}

/* The columns of a bar. */
static size_t
columns(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80 && *text != '\r';
    return count;
}

TEST(a_bar_is_never_wider_than_its_terminal)
{
    char *text = guard_room(PROGRESS_BAR_MAX);

    for (size_t width = 1; width < 600; width++) {
        for (size_t done = 0; done <= 676; done += 26) {
            const size_t length =
                progress_bar(text, done, 676, (int64_t)done * 11, width);

            ck_assert_uint_eq(length, strlen(text));
            ck_assert_uint_eq(columns(text),
                width < PROGRESS_WIDTH_MAX ? width : PROGRESS_WIDTH_MAX);
        }
    }
    progress_bar(text, 1, 20, 10, 0);
    ck_assert_uint_eq(columns(text), PROGRESS_WIDTH);
    ck_assert_uint_lt(progress_bar(text, SIZE_MAX, SIZE_MAX, INT64_MAX, 512),
        PROGRESS_BAR_MAX);
}

static char codes[20][3];

/* Make so many codes: BA, BB, ... */
static void
make_codes(size_t count)
{
    for (size_t i = 0; i < count; i++)
        snprintf(codes[i], sizeof(codes[i]), "B%c", (int)('A' + i));
}

/* What is printed first for so many flags and connections. */
static const struct {
    size_t count, connections;
    const char *text;
} starts[] = {
    { 20, 30,
        "LOCAL site: http://localhost:8001/flags\n"
        "Searching for 20 flags: from BA to BT\n"
        "20 concurrent connections will be used.\n" },
    { 11, 5,
        "LOCAL site: http://localhost:8001/flags\n"
        "Searching for 11 flags: from BA to BK\n"
        "5 concurrent connections will be used.\n" },
    { 10, 1,
        "LOCAL site: http://localhost:8001/flags\n"
        "Searching for 10 flags: BA, BB, BC, BD, BE, BF, BG, BH, BI, BJ\n"
        "1 concurrent connection will be used.\n" },
    { 1, 30,
        "LOCAL site: http://localhost:8001/flags\n"
        "Searching for 1 flag: BA\n"
        "1 concurrent connection will be used.\n" },
};

TEST(the_start_is_the_published_one, .times = COUNT(starts))
{
    char *text = guard_room(PROGRESS_START_MAX);

    make_codes(starts[_i].count);
    ck_assert_uint_eq(
        progress_start(text, "LOCAL", "http://localhost:8001/flags", codes,
            starts[_i].count, starts[_i].connections),
        strlen(starts[_i].text));
    ck_assert_str_eq(text, starts[_i].text);
}

TEST(the_longest_site_fits)
{
    static char site[PROGRESS_SITE_MAX + 1];
    char *text = guard_room(PROGRESS_START_MAX);

    memset(site, 'x', sizeof(site) - 1);
    make_codes(10);
    ck_assert_uint_lt(progress_start(text, "REMOTE", site, codes, 10, 1000),
        PROGRESS_START_MAX);
}

/* Flags that are done, their lines, and their objects in a report. */
static const struct {
    struct transfer transfer;
    const char *line, *report;
} flags[] = {
    { { .kind = TRANSFER_OK,
          .code = "AD",
          .status = 200,
          .bytes = 13355,
          .took_ms = 1012,
          .tries = 1 },
        "AD OK\n",
        "{\"code\":\"AD\",\"status\":200,\"bytes\":13355,\"seconds\":1.012,"
        "\"tries\":1,\"error\":null}\n" },
    { { .kind = TRANSFER_NOT_FOUND, .code = "AA", .status = 404, .tries = 1 },
        "AA not found\n",
        "{\"code\":\"AA\",\"status\":404,\"bytes\":0,\"seconds\":0.000,"
        "\"tries\":1,\"error\":\"not found\"}\n" },
    { { .kind = TRANSFER_ERROR,
          .code = "BR",
          .text = "HTTP 503 - Service Unavailable",
          .status = 503,
          .took_ms = 7,
          .tries = 3 },
        "*** Error for BR: HTTP 503 - Service Unavailable\n",
        "{\"code\":\"BR\",\"status\":503,\"bytes\":0,\"seconds\":0.007,"
        "\"tries\":3,\"error\":\"HTTP 503 - Service Unavailable\"}\n" },
    { { .kind = TRANSFER_ERROR,
          .code = "ZW",
          .text = "\"\\\xc3\xa9",
          .tries = 1 },
        "*** Error for ZW: \"\\\xc3\xa9\n",
        "{\"code\":\"ZW\",\"status\":null,\"bytes\":0,\"seconds\":0.000,"
        "\"tries\":1,\"error\":\"\\\"\\\\\xc3\xa9\"}\n" },
};

TEST(a_line_tells_of_each_flag, .times = COUNT(flags))
{
    char *text = guard_room(PROGRESS_LINE_MAX);

    ck_assert_uint_eq(
        progress_line(text, &flags[_i].transfer), strlen(flags[_i].line));
    ck_assert_str_eq(text, flags[_i].line);
}

TEST(a_report_is_json, .times = COUNT(flags))
{
    char *text = guard_room(PROGRESS_REPORT_MAX);
    json_t *object;

    ck_assert_uint_eq(
        progress_report(text, &flags[_i].transfer), strlen(flags[_i].report));
    ck_assert_str_eq(text, flags[_i].report);
    object = json_loads(text, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(object, "code")),
        flags[_i].transfer.code);
    json_decref(object);
}

TEST(a_flag_that_was_not_asked_for_is_reported)
{
    const struct transfer transfer = { .code = "AD" };
    char *text = guard_room(PROGRESS_REPORT_MAX);

    progress_report(text, &transfer);
    ck_assert_ptr_nonnull(strstr(text, "\"error\":\"not asked for\"}\n"));
}

TEST(the_longest_lines_fit)
{
    static struct transfer transfer = { .kind = TRANSFER_ERROR,
        .code = "AD",
        .status = 999,
        .bytes = INT64_MAX,
        .took_ms = INT64_MAX,
        .tries = UINT32_MAX };

    memset(transfer.text, '\x01', TRANSFER_TEXT_MAX - 1);
    ck_assert_uint_lt(progress_line(guard_room(PROGRESS_LINE_MAX), &transfer),
        PROGRESS_LINE_MAX);
    ck_assert_uint_lt(
        progress_report(guard_room(PROGRESS_REPORT_MAX), &transfer),
        PROGRESS_REPORT_MAX);
}

/* What is printed last. */
static const struct {
    struct transfer_tally tally;
    bool interrupted;
    int64_t ms;
    const char *text;
} ends[] = {
    { { .all = 20, .ok = 20 }, false, 640,
        "--------------------\n"
        "20 flags downloaded.\n"
        "Elapsed time: 0.64s\n" },
    { { .all = 100, .ok = 73, .not_found = 12, .errors = 15 }, false, 1073,
        "--------------------\n"
        "73 flags downloaded.\n"
        "12 not found.\n"
        "15 errors.\n"
        "Elapsed time: 1.07s\n" },
    { { .all = 3, .ok = 1, .not_found = 1, .errors = 1 }, false, 60000,
        "--------------------\n"
        "1 flag downloaded.\n"
        "1 not found.\n"
        "1 error.\n"
        "Elapsed time: 60.00s\n" },
    { { .all = 1, .errors = 1 }, false, 0,
        "--------------------\n"
        "0 flags downloaded.\n"
        "1 error.\n"
        "Elapsed time: 0.00s\n" },
    { { .all = 20, .ok = 12 }, true, 500,
        "--------------------\n"
        "12 flags downloaded.\n"
        "Interrupted: 8 not asked for.\n"
        "Elapsed time: 0.50s\n" },
    { { .all = 2, .ok = 2 }, true, 500,
        "--------------------\n"
        "2 flags downloaded.\n"
        "Interrupted: 0 not asked for.\n"
        "Elapsed time: 0.50s\n" },
    { { .all = 20, .ok = 12, .errors = 1, .fatal = true }, false, 500,
        "--------------------\n"
        "12 flags downloaded.\n"
        "1 error.\n"
        "7 not asked for.\n"
        "Elapsed time: 0.50s\n" },
};

TEST(the_end_is_the_published_one, .times = COUNT(ends))
{
    char *text = guard_room(PROGRESS_END_MAX);

    ck_assert_uint_eq(
        progress_end(text, &ends[_i].tally, ends[_i].interrupted, ends[_i].ms),
        strlen(ends[_i].text));
    ck_assert_str_eq(text, ends[_i].text);
}

TEST(the_first_series_ends_as_published)
{
    const struct transfer_tally tally = { .all = 20, .ok = 20 };
    const struct transfer_tally one = { .all = 1, .ok = 1 };
    char *text = guard_room(PROGRESS_END_MAX);

    progress_end_shown(text, &tally, 10163);
    ck_assert_str_eq(text, "\n20 flags downloaded in 10.16s\n");
    progress_end_shown(text, &one, 930);
    ck_assert_str_eq(text, "\n1 flag downloaded in 0.93s\n");
}
