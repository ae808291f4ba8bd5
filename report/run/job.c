#include "report/run/job.h"

#include "common/countries.h"
#include "report/clock.h"
#include "report/load/door.h"
#include "report/run/around.h"
#include "report/run/pace.h"
#include "report/run/process.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_FACTOR  4  /* times the ideal time of a job, and... */
#define LIMIT_SECONDS 30 /* ... so much more, or it does not end */
#define SAID_MAX      160
#define NS            1e9

/* A job while it runs. */
struct task {
    const struct scenario *scenario;
    const struct job *job;
    const struct plan *plan;
    struct run *run;
    size_t flags, at_once; /* of this pass */
    struct door *door;
    char *folder;
    struct process process;
    uint64_t started;
};

/* The codes of the most populous countries, as the book has them. */
static const char top_20[][3] = { "cn", "in", "us", "id", "br", "pk", "ng",
    "bd", "ru", "jp", "mx", "ph", "vn", "et", "eg", "de", "ir", "tr", "cd",
    "fr" };

/* Write the code of a flag, in small letters. */
static void
code_of(const struct job *job, size_t i, char code[3])
{
    if (job->flags <= sizeof(top_20) / sizeof(top_20[0])) {
        memcpy(code, top_20[i], 3);
    } else if (job->flags == countries_count()) {
        code[0] = (char)tolower((unsigned char)countries_code(i)[0]);
        code[1] = (char)tolower((unsigned char)countries_code(i)[1]);
    } else {
        code[0] = (char)('a' + i / 26);
        code[1] = (char)('a' + i % 26);
    }
    code[2] = '\0';
}

/* --- The command line ------------------------------------------------------
 */

/* Words, the last of them NULL. */
struct words {
    char **word;
    size_t count;
};

/* Add a word. */
static void __attribute__((format(printf, 2, 3)))
add_word(struct words *words, const char *fmt, ...)
{
    va_list ap;
    int length;

    words->word =
        reallocarray(words->word, words->count + 2, sizeof(words->word[0]));
    if (words->word == NULL)
        err(1, NULL);
    va_start(ap, fmt);
    length = vasprintf(&words->word[words->count++], fmt, ap);
    va_end(ap);
    if (length == -1)
        err(1, NULL);
    words->word[words->count] = NULL;
}

/* Add all codes, or all URLs. */
static void
add_flags(struct words *words, const struct task *task, bool urls)
{
    char code[3];

    for (size_t i = 0; i < task->flags; i++) {
        code_of(task->job, i, code);
        if (urls)
            add_word(words, "http://127.0.0.1:%u/flags/%s/%s.gif",
                door_port(task->door), code, code);
        else
            add_word(words, "%s", code);
    }
}

/* Add what is between two blanks, with what its mark stands for. */
static void
add_marked(struct words *words, const struct task *task, const char *options,
    const char *word)
{
    if (strcmp(word, "%b") == 0)
        add_word(words, "http://127.0.0.1:%u/flags", door_port(task->door));
    else if (strcmp(word, "%m") == 0)
        add_word(words, "%zu", task->at_once);
    else if (strcmp(word, "%d") == 0)
        add_word(words, "%s", task->folder);
    else if (strcmp(word, "%s") == 0)
        add_word(words, "%g", plan_delay(task->plan, task->scenario));
    else if (strcmp(word, "%c") == 0 || strcmp(word, "%u") == 0)
        add_flags(words, task, word[1] == 'u');
    else if (strcmp(word, "%o") != 0)
        add_word(words, "%s", word);
    else if (options != NULL)
        add_word(words, "%s", options);
}

/* Add what starts a subject: its path, or a peer's command for the shell, which
 * takes the words that follow for its own. */
static void
add_program(struct words *words, const struct task *task, enum subject subject)
{
    const struct plan *plan = task->plan;

    if (subject < SUBJECT_PEER) {
        add_word(
            words, "%s", plan->server_path[task->scenario->program][subject]);
        return;
    }
    add_word(words, "/bin/sh");
    add_word(words, "-c");
    add_word(words, "exec %s \"$@\"", plan->peers[subject - SUBJECT_PEER]);
    add_word(words, "%s", subjects[subject].name);
}

/* Put the command line of a subject together; a peer is called as threads are.
 */
static struct words
make_words(const struct task *task, enum subject subject)
{
    const struct scenario *s = task->scenario;
    const struct subject_info *info =
        &subjects[subject < SUBJECT_PEER ? subject : SUBJECT_THREADED];
    const char *options = s->options[subject == SUBJECT_EVENTED];
    const char *text = task->job->flags == 0 ? "--seconds %s %o" : info->words;
    struct words words = { NULL, 0 };
    char *copy, *word, *rest;

    if (task->at_once == 1 && info->words_alone != NULL)
        text = info->words_alone;
    assert(text != NULL);
    copy = strdup(text);
    if (copy == NULL)
        err(1, NULL);
    add_program(&words, task, subject);
    for (word = strtok_r(copy, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        add_marked(&words, task, options, word);
    free(copy);
    return words;
}

/* Free the words. */
static void
free_words(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->word[i]);
    free(words->word);
}

/* --- Files -----------------------------------------------------------------
 */

/* Open the folder of the files, made if it is missing. */
static DIR *
open_folder(const struct task *task)
{
    DIR *folder;

    if (mkdir(task->folder, 0700) == -1 && errno != EEXIST)
        err(1, "%s", task->folder);
    folder = opendir(task->folder);
    if (folder == NULL)
        err(1, "%s", task->folder);
    return folder;
}

/* Take all files out of the folder; return how many there were. */
static size_t
empty_folder(const struct task *task)
{
    DIR *folder = open_folder(task);
    const struct dirent *entry;
    size_t n = 0;

    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) == -1)
            err(1, "%s/%s", task->folder, entry->d_name);
        n++;
    }
    closedir(folder);
    return n;
}

/* Tell whether a flag is saved as it was sent, and one that is none is not. */
static bool
is_right(const struct task *task, int folder, const char *code)
{
    char name[16];
    bool right;
    int file;

    /* With --names the name of the country, its code here, comes first. */
    snprintf(name, sizeof(name),
        task->job->requests == 2 ? "%s-%c%c.gif" : "%s.gif", code,
        toupper((unsigned char)code[0]), toupper((unsigned char)code[1]));
    file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (file == -1)
        return !door_has(code);
    right = door_has(code) && door_sent(task->door, code, file);
    close(file);
    return right;
}

/* Count the flags that are as they should be, and take the files away. */
static void
check_files(const struct task *task)
{
    struct job_result *result = &task->run->job;
    DIR *folder = open_folder(task);
    size_t due = 0, there;
    char code[3];

    result->wanted = task->flags;
    result->right = 0;
    for (size_t i = 0; i < task->flags; i++) {
        code_of(task->job, i, code);
        due += door_has(code);
        result->right += is_right(task, dirfd(folder), code);
    }
    closedir(folder);
    there = empty_folder(task);
    if (result->right == result->wanted && there == due)
        return;
    task->run->failed = true;
    run_invalidate(task->run,
        "%zu of %zu flags are right (%zu files saved, %zu expected)",
        result->right, result->wanted, there, due);
}

/* --- Running ---------------------------------------------------------------
 */

/* When a job is given up. */
static uint64_t
limit_of(const struct task *task, enum subject subject)
{
    double ideal = plan_ideal(task->plan, task->scenario, subject);

    return clock_ns() + (uint64_t)((LIMIT_FACTOR * ideal + LIMIT_SECONDS) * NS);
}

/* Read the memory of a client all requests of which wait. */
static void
read_waiting(const struct task *task)
{
    struct run *run = task->run;
    struct level *level = &run->levels[run->levels_count];

    assert(run->levels_count < IDLE_LEVELS);
    level->connections = door_saw(task->door)->waiting;
    if (resources_client_memory(
            task->process.pid, door_port(task->door), &level->memory) == -1)
        run_invalidate(run, "the memory of the client cannot be read");
    else
        run->levels_count++;
}

/* Let a downloader come to its end. */
static void
serve_downloads(const struct task *task, enum subject subject)
{
    bool held = task->scenario->special == SPECIAL_WAITING;
    uint64_t limit = limit_of(task, subject);
    const struct door_seen *seen = door_saw(task->door);

    door_expect(task->door,
        (uint64_t)(plan_delay(task->plan, task->scenario) * NS),
        held ? task->at_once : 0);
    while (door_serve(task->door, task->process.pidfd, limit) == DOOR_HELD)
        read_waiting(task);
    task->run->job.soon = seen->soon;
    task->run->job.pause_ns = seen->pause_ns;
    task->run->tally.sent = seen->requests;
}

/* Read frames while there are any; return how many came. */
static size_t
read_frames(int out, bool *open)
{
    static const char message[] = "thinking!";
    static size_t at; /* how much of it has come */
    char bytes[1024];
    size_t frames = 0;
    ssize_t n = read(out, bytes, sizeof(bytes));

    *open = n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
    for (ssize_t i = 0; i < n; i++) {
        at = bytes[i] == message[at] ? at + 1 : bytes[i] == message[0];
        if (message[at] == '\0') {
            frames++;
            at = 0;
        }
    }
    return frames;
}

/* Watch a spinner turn until it has ended. */
static void
watch_spinner(const struct task *task, enum subject subject)
{
    uint64_t limit = limit_of(task, subject), last = task->started, now;
    struct job_result *result = &task->run->job;
    struct pollfd out = { .fd = task->process.out, .events = POLLIN };
    size_t frames = 0, more;
    bool open = true;
    double due;

    while (open && (now = clock_ns()) < limit) {
        poll(&out, 1, (int)((limit - now) / 1000000) + 1);
        more = read_frames(out.fd, &open);
        now = clock_ns();
        if ((more > 0 || !open) && now - last > result->pause_ns)
            result->pause_ns = now - last;
        if (more > 0)
            last = now;
        frames += more;
    }
    /* One more than is due, at the very end, is none too many. */
    due = SPIN_FRAMES_A_SECOND * plan_delay(task->plan, task->scenario);
    result->frames = fmin((double)frames / due, 1);
    result->wanted = result->right = 1;
    process_wait(&task->process, LIMIT_SECONDS * 1000);
}

/* Note how a command ended; what it said is the reason when it failed. */
static void
end_command(struct task *task)
{
    struct run *run = task->run;
    struct process_end end;
    bool good = process_end_job(&task->process, &end) == 0;
    const char *said = task->process.said, *last = strrchr(said, '\n');

    run->server_cpu_ns = (uint64_t)(end.cpu_seconds * NS);
    run->cpu_seconds = end.cpu_seconds;
    run->switches = end.switches;
    if (good)
        return;
    run->failed = true;
    run_invalidate(run, "it %s%s%.*s", task->process.error,
        *said != '\0' ? ": " : "", SAID_MAX, last != NULL ? last + 1 : said);
}

/* Run a command once, to its end. */
static void
run_command(struct task *task, enum subject subject)
{
    const struct placement *where = &task->plan->placement;
    struct words words = make_words(task, subject);
    struct run *run = task->run;
    bool spins = task->job->flags == 0;
    uint64_t load_cpu, load_wait;
    struct around around;

    around_read(&around, 0, where);
    load_wait = resources_own_wait_ns();
    load_cpu = resources_own_cpu_ns();
    task->started = clock_ns();
    process_start_job(&task->process, words.word, where->server_cpu, spins);
    if (spins)
        watch_spinner(task, subject);
    else
        serve_downloads(task, subject);
    run->tally.start_ns = task->started;
    run->tally.window_ns = clock_ns() - task->started;
    run->load_cpu_ns = resources_own_cpu_ns() - load_cpu;
    run->load_wait_ns = resources_own_wait_ns() - load_wait;
    end_command(task);
    around_note(run, &around, 0, run->server_cpu_ns, where);
    if (!spins)
        check_files(task);
    free_words(&words);
}

/* Run a command, twice where memory is read. */
static void
run_passes(struct task *task, enum subject subject)
{
    size_t all = task->flags;

    if (task->scenario->special == SPECIAL_WAITING) {
        task->flags = task->at_once = WAITING_FEW;
        run_command(task, subject);
        task->flags = all;
        task->at_once = plan_at_once(task->scenario, subject);
        if (task->run->failed)
            return;
    }
    run_command(task, subject);
}

/* Run, and write down. */
json_t *
job_run(const struct order *order, const struct plan *plan)
{
    const struct scenario *s = order->stages[0].scenario;
    double before = pace_ns(plan->placement.server_cpu);
    struct run run;
    struct task task = { .scenario = s,
        .job = s->job,
        .plan = plan,
        .run = &run,
        .flags = s->job->flags,
        .at_once = plan_at_once(s, order->subject) };
    json_t *results = json_array();

    assert(order->count == 1);
    measure_begin(&run, &order->stages[0], order, plan);
    if (asprintf(&task.folder, "%s/report.downloads", plan->output) == -1)
        err(1, NULL);
    if (task.flags > 0) {
        task.door = door_open(s->job->size);
        empty_folder(&task);
    }
    run_passes(&task, order->subject);
    run.tally.intended = run.job.wanted;
    run.tally.replies = run.totals.replies = run.job.right;
    run.pace_ns = (before + pace_ns(plan->placement.server_cpu)) / 2;
    run_finish(&run);
    json_array_append_new(results, run_to_json(&run));
    run_release(&run);
    if (task.door != NULL) {
        door_close(task.door);
        rmdir(task.folder);
    }
    free(task.folder);
    return results;
}
