#include "common/activation.h"

#include "tests/unit/unit.h"

#include <string.h>

/* This process, and another. */
#define SELF  4711
#define MINE  "4711"
#define OTHER "4712"

static const char *const two[] = { "tcp", "http" };
static const char *const four[] = { "local", "delay", "error", "more" };
static const char *const nameless[] = { NULL };

/* What is passed, and what becomes of it. */
static const struct {
    struct activation given;
    const char *const *doors;
    size_t count;
    enum activation_result result;
    int descriptors[4]; /* where they are found */
    const char *text;   /* where they are wrong */
} cases[] = {
    /* Nothing, or not for us. */
    { { NULL, NULL, NULL }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    { { MINE, NULL, "http" }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    { { NULL, "2", "http:tcp" }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    { { OTHER, "2", "http:tcp" }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    { { OTHER, "nonsense", "x" }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    { { MINE, "0", "" }, two, 2, ACTIVATION_NONE, { 0 }, "" },
    /* One door needs no name. */
    { { MINE, "1", NULL }, nameless, 1, ACTIVATION_FOUND, { 3 }, "" },
    { { MINE, "1", "x.socket" }, nameless, 1, ACTIVATION_FOUND, { 3 }, "" },
    { { MINE, "1", "http" }, two, 1, ACTIVATION_FOUND, { 3 }, "" },
    /* Several do. */
    { { MINE, "2", "tcp:http" }, two, 2, ACTIVATION_FOUND, { 3, 4 }, "" },
    { { MINE, "2", "http:tcp" }, two, 2, ACTIVATION_FOUND, { 4, 3 }, "" },
    { { MINE, "4", "more:error:local:delay" }, four, 4, ACTIVATION_FOUND,
        { 5, 6, 4, 3 }, "" },
    { { MINE, "2", NULL }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: '' is none of tcp, http" },
    { { MINE, "2", "tcp:web" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: 'web' is none of tcp, http" },
    { { MINE, "2", "tcp:htt" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: 'htt' is none of tcp, http" },
    { { MINE, "2", "tcp:https" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: 'https' is none of tcp, http" },
    { { MINE, "2", "tcp:" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: '' is none of tcp, http" },
    { { MINE, "2", "tcp" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: there are 1 names for 2 sockets" },
    { { MINE, "2", "tcp:tcp" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: 'tcp' stands twice" },
    { { MINE, "2", "tcp:http:tcp" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDNAMES: 'tcp' stands twice" },
    /* Numbers. */
    { { "", "1", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_PID: '' is not a process id" },
    { { "0", "1", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_PID: '0' is not a process id" },
    { { MINE "x", "1", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_PID: '4711x' is not a process id" },
    { { MINE, "", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS: '' is not a number of descriptors" },
    { { MINE, "-1", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS: '-1' is not a number of descriptors" },
    { { MINE, "99999999999999999999", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS: '99999999999999999999' is not a number of descriptors" },
    { { MINE, "2", "" }, two, 1, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS is 2, but this server listens on 1 port" },
    { { MINE, "1", "http" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS is 1, but this server listens on 2 ports" },
    { { MINE, "9223372036854775807", "" }, two, 2, ACTIVATION_WRONG, { 0 },
        "LISTEN_FDS is 9223372036854775807, but this server listens on 2 "
        "ports" },
};

TEST(each_door_finds_its_descriptor_or_a_reason, .times = COUNT(cases))
{
    char text[ACTIVATION_TEXT_MAX] = "";
    int descriptors[4] = { 0 };

    ck_assert_int_eq(activation_match(&cases[_i].given, SELF, cases[_i].doors,
                         cases[_i].count, descriptors, text),
        cases[_i].result);
    ck_assert_str_eq(text, cases[_i].text);
    if (cases[_i].result != ACTIVATION_WRONG)
        ck_assert_mem_eq(
            descriptors, cases[_i].descriptors, sizeof(descriptors));
}

TEST(a_text_of_any_length_is_cut)
{
    static char long_text[100000];
    const struct activation given[] = {
        { long_text, "4", "" },
        { MINE, long_text, "" },
        { MINE, "4", long_text },
    };
    char text[ACTIVATION_TEXT_MAX];
    int descriptors[4];

    memset(long_text, 'x', sizeof(long_text) - 1);
    for (int i = 0; i < COUNT(given); i++) {
        ck_assert_int_eq(
            activation_match(&given[i], SELF, four, 4, descriptors, text),
            ACTIVATION_WRONG);
        ck_assert_uint_lt(strlen(text), ACTIVATION_TEXT_MAX);
        ck_assert_ptr_nonnull(strstr(text, "xxx' is n"));
    }
}
