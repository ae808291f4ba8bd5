#include "report/page/chart.h"

#include "common/cli.h"
#include "report/clock.h"
#include "report/page/html.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SVG_USUAL  ((size_t)64 << 10) /* bytes; a chart has ten thousand */
#define SVG_MAX    ((size_t)16 << 20)
#define DRAW_LIMIT 10.0 /* seconds; it takes a tenth of one */

/*
 * Each pen has a colour that gnuplot only passes on: the blue of it is the
 * pen's number. Points are the solid ones of chart_shapes().
 */
static const struct pen {
    const char *name, *colour, *style;
} pens[CHART_PENS] = {
    [CHART_THREADS] = { "threads", "#010101", "lw 2 pt 7 ps 0.5" },
    [CHART_EVENTS] = { "events", "#010102", "lw 2 pt 5 ps 0.45" },
    [CHART_NULL] = { "null", "#010103", "lw 1.5 dt (6,4) pt 9 ps 0.5" },
    [CHART_BARE_THREADS] = { "bare-threads", "#010104",
        "lw 1.5 dt (2,3) pt 11 ps 0.5" },
    [CHART_MANUAL] = { "manual", "#010105",
        "lw 1.5 dt (8,3,2,3) pt 13 ps 0.5" },
    [CHART_PEER] = { "peer", "#010106", "lw 2 pt 13 ps 0.6" },
    [CHART_INK] = { "ink", "#010107", "lw 1.5 pt 7 ps 0.5" },
    [CHART_QUIET] = { "quiet", "#010108", "lw 1" },
    [CHART_BAND] = { "band", "#010109", "lw 1" },
};

/* Find the pen of a server. */
enum chart_pen
chart_pen_of(const char *server)
{
    static const struct {
        const char *server;
        enum chart_pen pen;
    } known[] = {
        { "threaded", CHART_THREADS },
        { "evented", CHART_EVENTS },
        { "bare-epoll", CHART_NULL },
        { "bare-threads", CHART_BARE_THREADS },
        { "manual-bufferevent", CHART_MANUAL },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].server, server) == 0)
            return known[i].pen;
    return CHART_PEER;
}

/* Name a pen. */
const char *
chart_pen_class(enum chart_pen pen)
{
    return pens[pen].name;
}

/* Tell the colour of a pen. */
const char *
chart_colour(enum chart_pen pen)
{
    return pens[pen].colour;
}

/* Write what all charts begin with. */
FILE *
chart_begin(struct chart *c, unsigned width, unsigned height)
{
    c->width = width;
    c->height = height;
    c->plot = open_memstream(&c->script, &c->size);
    if (c->plot == NULL)
        err(1, NULL);
    fprintf(c->plot,
        "set encoding utf8\n"
        "set terminal svg size %u,%u noenhanced\n",
        width, height);
    for (int p = CHART_THREADS; p < CHART_PENS; p++)
        fprintf(c->plot, "set style line %d lc rgb '%s' %s\n", p,
            pens[p].colour, pens[p].style);
    fprintf(c->plot,
        "set border 3 lc rgb '%s'\n"
        "set tics nomirror out scale 0.4,0 textcolor rgb '%s'\n"
        "set grid ytics back ls %d\n"
        "set bmargin 3.2\n"
        "unset key\n",
        pens[CHART_QUIET].colour, pens[CHART_INK].colour, CHART_QUIET);
    return c->plot;
}

/* Quote a text: between single quotes only these mean something. */
void
chart_text(FILE *plot, const char *text, size_t most)
{
    putc('\'', plot);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (i >= most && ((unsigned char)text[i] & 0xc0) != 0x80)
            break; /* between two characters of UTF-8 */
        if (text[i] == '\'')
            putc('\'', plot);
        if (html_control(text + i) == 0)
            putc(text[i], plot);
        else {
            putc(' ', plot);
            i += html_control(text + i) - 1;
        }
    }
    putc('\'', plot);
}

/* Write tics of a logarithmic axis, the finer the less it spans. */
void
chart_log_tics(FILE *plot, const char *axis, double low, double high,
    double unit, const char *after)
{
    static const double fine[] = { 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.5,
        3, 4, 5, 6, 7, 8, 9, 0 };
    static const double usual[] = { 1, 2, 5, 0 }, coarse[] = { 1, 0 };
    double span = high / low;
    const double *steps = span < 4 ? fine : span < 500 ? usual : coarse;
    const char *comma = "";
    int last;

    if (!(low > 0) || !isnormal(low) || !isnormal(high))
        return;
    last = (int)ceil(log10(high));
    fprintf(plot, "set %stics (", axis);
    for (int power = (int)floor(log10(low)); power <= last; power++) {
        double ten = pow(10, power);

        for (const double *s = steps; *s != 0 && ten <= high; s++)
            if (*s * ten >= low * 0.999 && *s * ten <= high * 1.001) {
                fprintf(plot, "%s'%.10g%s' %.10g", comma, *s * ten / unit,
                    after, *s * ten);
                comma = ", ";
            }
    }
    fputs(")\n", plot);
}

/* Write range and tics from 0, at steps of 1, 2 or 5 times a power of ten. */
void
chart_linear_tics(FILE *plot, const char *axis, double high)
{
    double rough = high / 5, ten, step;

    if (!(high > 0) || !isnormal(rough))
        return;
    ten = pow(10, floor(log10(rough)));
    step = rough <= ten ? ten : rough <= 2 * ten ? 2 * ten : 5 * ten;
    if (rough > 5 * ten)
        step = 10 * ten;
    fprintf(plot, "set %srange [0:%.10g]\nset %stics 0, %.10g\n", axis,
        ceil(high / step * 0.9999) * step, axis, step);
}

/*
 * Start gnuplot on a script: `in` is read from its start. Return where its
 * output can be read, or -1.
 */
static int
start(FILE *in, pid_t *pid)
{
    char *const arguments[] = { (char[]) { "gnuplot" }, (char[]) { "-d" },
        (char[]) { "-" }, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t ignored;
    int ends[2], error;

    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    cli_ignored_signals(&ignored);
    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawnattr_init(&attributes) != 0 ||
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) != 0 ||
        posix_spawnattr_setsigdefault(&attributes, &ignored) != 0)
        err(1, NULL);
    if (posix_spawn_file_actions_adddup2(&actions, fileno(in), 0) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1) != 0 ||
        posix_spawn_file_actions_addopen(
            &actions, 2, "/dev/null", O_WRONLY, 0) != 0)
        err(1, NULL);
    error =
        posix_spawnp(pid, "gnuplot", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error == 0)
        return ends[0];
    close(ends[0]);
    return -1;
}

/* Read to the end of input, within limits, as a string; free it. */
static char *
read_all(int from)
{
    double limit = clock_seconds() + DRAW_LIMIT, left;
    size_t length = 0, room = SVG_USUAL;
    char *text = malloc(room);

    while (text != NULL && (left = limit - clock_seconds()) > 0) {
        struct pollfd pfd = { .fd = from, .events = POLLIN };
        ssize_t n;

        if (poll(&pfd, 1, (int)(left * 1000) + 1) != 1)
            continue;
        n = read(from, text + length, room - 1 - length);
        if (n <= 0)
            break;
        length += (size_t)n;
        if (length < room - 1)
            continue;
        if (room >= SVG_MAX)
            break;
        room *= 2;
        text = realloc(text, room);
    }
    if (text == NULL)
        err(1, NULL);
    text[length] = '\0';
    return text;
}

/* Read what gnuplot draws of a script; NULL if it fails. */
static char *
draw(const char *script, size_t size)
{
    FILE *in = tmpfile();
    char *svg;
    int from, status;
    pid_t pid;

    if (in == NULL)
        return NULL;
    if (fwrite(script, 1, size, in) != size || fflush(in) == EOF ||
        lseek(fileno(in), 0, SEEK_SET) == -1 ||
        (from = start(in, &pid)) == -1) {
        fclose(in);
        return NULL;
    }
    svg = read_all(from);
    close(from);
    fclose(in);
    /* It has ended, or has more to say than is wanted, or never will. */
    if (strstr(svg, "</svg>") == NULL)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
        strstr(svg, "</svg>") != NULL)
        return svg;
    free(svg);
    return NULL;
}

/* What of gnuplot's output is written otherwise, or not at all. */
static const struct replacement {
    const char *from, *to;
} replacements[] = {
    { " font-family=\"Arial\"", "" },
    { " font-size=\"12.00\" ", "" },
    { " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "" },
    { " color=\"black\"", "" },
    { " shape-rendering='crispEdges'", "" },
    { "fill=\"black\"", "fill=\"currentColor\"" },
    { "xlink:href='#gpPt", "href='#pt" },
    { "\n\n", "\n" },
    { "\t", "" },
};

/* Tell how many bytes at p are an element that draws nothing; 0 = it does. */
static size_t
count_nothing(const char *p)
{
    size_t open = strncmp(p, "<g ", 3) == 0 ? strcspn(p, ">") + 1 : 0;
    size_t blank = open > 0 ? strspn(p + open, " \t\n") : 0;

    if (open > 0 && strncmp(p + open + blank, "</g>", 4) == 0)
        return open + blank + 4;
    if (strncmp(p, "<title>", 7) == 0) {
        const char *end = strstr(p, "</title>");

        return end != NULL ? (size_t)(end - p) + 8 : 0;
    }
    return 0;
}

/* Write the colour at p as that of its pen; tell how long it is, 0 = none. */
static size_t
write_colour(FILE *out, const char *p)
{
    int red, green, blue, length = 0;

    if (strncmp(p, "rgb(", 4) != 0 ||
        sscanf(p, "rgb(%d ,%d ,%d )%n", &red, &green, &blue, &length) != 3 ||
        length == 0)
        return 0;
    if (red != 1 || green != 1 || blue <= 0 || blue >= CHART_PENS)
        return 0;
    fprintf(out, "var(--%s)", pens[blue].name);
    return (size_t)length;
}

/* Write what of p is to be written otherwise; tell how long it was. */
static size_t
write_otherwise(FILE *out, const char *p)
{
    size_t length = count_nothing(p);

    if (length > 0)
        return length;
    if (strncmp(p, "<g id=\"gnuplot_", 15) == 0) {
        fputs("<g>", out);
        return strcspn(p, ">") + 1;
    }
    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); i++)
        if (strncmp(p, replacements[i].from, strlen(replacements[i].from)) ==
            0) {
            fputs(replacements[i].to, out);
            return strlen(replacements[i].from);
        }
    return write_colour(out, p);
}

/* Write the drawing, without what stands before and after it. */
static void
write_drawing(FILE *out, const char *svg)
{
    const char *p = strstr(svg, "</defs>"), *end = strstr(svg, "</svg>");

    if (p == NULL || p > end)
        return;
    fputs("<g>", out); /* that the canvas opened before */
    for (p += strlen("</defs>"); p < end;) {
        size_t length = write_otherwise(out, p);

        if (length == 0)
            putc(*p++, out);
        else
            p += length;
    }
}

/* Draw it. */
int
chart_end(
    struct chart *c, FILE *out, const char *title, const char *description)
{
    char *svg;

    if (fclose(c->plot) == EOF)
        err(1, NULL);
    svg = draw(c->script, c->size);
    free(c->script);
    if (svg == NULL)
        return -1;
    fprintf(out, "<svg class=\"chart\" viewBox=\"0 0 %u %u\" role=\"img\" ",
        c->width, c->height);
    html_put(out, "aria-label=\"%s\"><title>%s</title><desc>%s</desc>\n", title,
        title, description);
    write_drawing(out, svg);
    fputs("</svg>\n", out);
    free(svg);
    return 0;
}

/* Drop it. */
void
chart_drop(struct chart *c)
{
    if (fclose(c->plot) == EOF)
        err(1, NULL);
    free(c->script);
}

/* Write the points: gnuplot would define them anew in each chart. */
void
chart_shapes(FILE *out)
{
    fputs("<svg class=\"shapes\" width=\"0\" height=\"0\" aria-hidden=\"true\">"
          "<defs><rect id=\"pt4\" x=\"-1\" y=\"-1\" width=\"2\" height=\"2\" "
          "fill=\"currentColor\" stroke=\"none\"/>"
          "<circle id=\"pt6\" r=\"1\" fill=\"currentColor\" stroke=\"none\"/>"
          "<circle id=\"pt5\" r=\"1\" fill=\"none\" stroke-width=\"0.4\" "
          "stroke=\"currentColor\"/>"
          "<path id=\"pt8\" d=\"M0-1.33-1.33.67h2.66z\" fill=\"currentColor\" "
          "stroke=\"none\"/>"
          "<path id=\"pt10\" d=\"M0 1.33-1.33-.67h2.66z\" "
          "fill=\"currentColor\" stroke=\"none\"/>"
          "<path id=\"pt12\" d=\"M0-1.41 1.41 0 0 1.41-1.41 0z\" "
          "fill=\"currentColor\" stroke=\"none\"/></defs></svg>\n",
        out);
}
