/*
 * test_netem - what an emulated network is to be like. Making one is tested by
 * tests/system/test_netem.py.
 */
#include "report/host/netem.h"

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

static const struct {
    const char *text;
    double delay, loss, rate;
} shapes[] = {
    { "0ms", 0, 0, 0 },
    { "10ms", 0.01, 0, 0 },
    { "1s", 1, 0, 0 },
    { "250us", 0.00025, 0, 0 },
    { "1.5ms", 0.0015, 0, 0 },
    { "loss=1%", 0, 0.01, 0 },
    { "loss=0.001%", 0, 0.00001, 0 },
    { "loss=50%", 0, 0.5, 0 },
    { "rate=64kbit", 0, 0, 64e3 },
    { "rate=1gbit", 0, 0, 1e9 },
    { "rate=100gbit", 0, 0, 100e9 },
    { "10ms,loss=0.1%,rate=100mbit", 0.01, 0.001, 100e6 },
    { "rate=100mbit,10ms", 0.01, 0, 100e6 },
};

TEST(a_shape_is_read, .times = COUNT(shapes))
{
    struct netem_shape shape;
    char why[160] = "";

    ck_assert_msg(
        netem_read(&shape, shapes[_i].text, why, sizeof(why)), "%s", why);
    ck_assert_double_eq_tol(shape.delay, shapes[_i].delay, 1e-12);
    ck_assert_double_eq_tol(shape.loss, shapes[_i].loss, 1e-12);
    ck_assert_double_eq_tol(shape.rate, shapes[_i].rate, 1e-3);
}

static const struct {
    const char *text, *why;
} wrong[] = {
    { "", "'' is no delay, loss or rate" },
    { "10", "'10' is no delay, loss or rate" },
    { "10 ms", "'10 ms' is no delay, loss or rate" },
    { "ms", "'ms' is no delay, loss or rate" },
    { "-1ms", "'-1ms' is no delay, loss or rate" },
    { ".5ms", "'.5ms' is no delay, loss or rate" },
    { "1.2.3ms", "'1.2.3ms' is no delay, loss or rate" },
    { "1e1ms", "'1e1ms' is no delay, loss or rate" },
    { "0x1ms", "'0x1ms' is no delay, loss or rate" },
    { "infms", "'infms' is no delay, loss or rate" },
    { "nan", "'nan' is no delay, loss or rate" },
    { "10MS", "'10MS' is no delay, loss or rate" },
    { "10%", "'10%' is no delay, loss or rate" },
    { "loss=1", "'loss=1' is no delay, loss or rate" },
    { "loss=1ms", "'loss=1ms' is no delay, loss or rate" },
    { "rate=1%", "'rate=1%' is no delay, loss or rate" },
    { "rate=", "'rate=' is no delay, loss or rate" },
    { "delay=1ms", "'delay=1ms' is no delay, loss or rate" },
    { "1ms,", "'' is no delay, loss or rate" },
    { ",1ms", "'' is no delay, loss or rate" },
    { "1ms,2ms", "'2ms' is one too many" },
    { "loss=1%,loss=1%", "'loss=1%' is one too many" },
    { "1.001s", "a round trip is 0ms to 1s" },
    { "loss=0%", "loss is 0.001% to 50%" },
    { "loss=0.0009%", "loss is 0.001% to 50%" },
    { "loss=50.1%", "loss is 0.001% to 50%" },
    { "rate=63kbit", "rate is 64kbit to 100gbit" },
    { "rate=101gbit", "rate is 64kbit to 100gbit" },
    { "rate=99999999999999999999999999999999999999999999999999999999999999999"
      "99999999999999999999999999999999999999999999999999999999999999gbit",
        "it is too long" },
};

TEST(what_is_no_shape_is_refused_with_the_reason, .times = COUNT(wrong))
{
    struct netem_shape shape;
    char why[160] = "";

    ck_assert(!netem_read(&shape, wrong[_i].text, why, sizeof(why)));
    ck_assert_str_eq(why, wrong[_i].why);
}

TEST(a_shape_comes_back_from_a_report, .times = COUNT(shapes))
{
    struct netem_shape shape, again;
    char why[160];
    json_t *json;

    ck_assert(netem_read(&shape, shapes[_i].text, why, sizeof(why)));
    json = netem_to_json(&shape);
    ck_assert(netem_from_json(&again, json));
    ck_assert(again.delay == shape.delay && again.loss == shape.loss &&
              again.rate == shape.rate && again.aside == shape.aside);
    json_decref(json);
}

static const char *const damaged[] = {
    "{}",
    "[]",
    "{\"delay_seconds\": 1.1, \"loss\": 0, \"bits_per_second\": 0}",
    "{\"delay_seconds\": -1, \"loss\": 0, \"bits_per_second\": 0}",
    "{\"delay_seconds\": \"1\", \"loss\": 0, \"bits_per_second\": 0}",
    "{\"delay_seconds\": 0, \"loss\": 0.6, \"bits_per_second\": 0}",
    "{\"delay_seconds\": 0, \"loss\": null, \"bits_per_second\": 0}",
    "{\"delay_seconds\": 0, \"loss\": 0, \"bits_per_second\": 1}",
    "{\"delay_seconds\": 0, \"loss\": 0, \"bits_per_second\": 1e12}",
};

TEST(a_damaged_one_does_not, .times = COUNT(damaged))
{
    json_t *json = json_loads(damaged[_i], 0, NULL);
    struct netem_shape shape;

    ck_assert_ptr_nonnull(json);
    ck_assert(!netem_from_json(&shape, json));
    json_decref(json);
}

static const struct {
    const char *text, *words;
} said[] = {
    { "0ms", "0 ms round trip, 0 % loss, no rate limit" },
    { "10ms,loss=0.1%", "10 ms round trip, 0.1 % loss, no rate limit" },
    { "250us,rate=100mbit", "0.25 ms round trip, 0 % loss, 100 Mbit/s" },
    { "rate=1.5gbit", "0 ms round trip, 0 % loss, 1.5 Gbit/s" },
    { "rate=64kbit", "0 ms round trip, 0 % loss, 64 kbit/s" },
};

TEST(a_shape_is_said_in_words, .times = COUNT(said))
{
    struct netem_shape shape;
    char why[160], words[96];

    ck_assert(netem_read(&shape, said[_i].text, why, sizeof(why)));
    netem_words(&shape, words, sizeof(words));
    ck_assert_str_eq(words, said[_i].words);
}

TEST(the_path_leads_to_the_address_of_the_server)
{
    struct in_addr at;

    ck_assert_int_eq(inet_pton(AF_INET, NETEM_SERVER, &at), 1);
    ck_assert_uint_eq(ntohl(at.s_addr), netem_path.to);
    ck_assert_int_eq(inet_pton(AF_INET, "198.18.0.1", &at), 1);
    ck_assert_uint_eq(ntohl(at.s_addr), netem_path.from);
}
