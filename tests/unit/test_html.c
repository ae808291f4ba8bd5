#include "report/page/html.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

/* Where a test writes to, and what it has written. */
static char *written;
static size_t size;
static FILE *out;

static void
open_out(void)
{
    out = open_memstream(&written, &size);
    ck_assert_ptr_nonnull(out);
}

static void
free_written(void)
{
    free(written);
}

static const struct {
    const char *text, *html;
} texts[] = {
    { "", "" },
    { "plain", "plain" },
    { "<b a=\"x\" c='y'>&amp;</b>",
        "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;" },
    { "caf\xc3\xa9 \xf0\x9f\x98\xb8", "caf\xc3\xa9 \xf0\x9f\x98\xb8" },
    { "a\tb\nc", "a\tb\nc" },
    { "\x01\x1b[0m\x7f\r",
        "\xef\xbf\xbd\xef\xbf\xbd[0m\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xc2\x80\xc2\x9b\xc2\xa0\xc2", "\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0\xc2" },
    { NULL, "-" },
};

EACH_TEST(.before = open_out, .after = free_written);

TEST(a_text_is_no_markup, .times = COUNT(texts))
{
    html_text(out, texts[_i].text);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(written, texts[_i].html);
}

TEST(markup_takes_texts)
{
    html_put(out, "<a title='%s'>100%%%s</a>", "it's <x>", "&");
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(written, "<a title='it&#39;s &lt;x&gt;'>100%&amp;</a>");
}
