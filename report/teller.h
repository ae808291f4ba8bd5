/*
 * teller - what says what was measured: report/tell/, a program of its own, in
 * Python, that compare runs as a child.
 *
 * compare measures and writes down what it measured, the first half of
 * report.json; the teller judges that, writes the other half, makes the page
 * and prints the tables. It is a function of the file, so that it can be done
 * again at any time (`compare --render`), as when there was no python3.
 *
 * So is what proves push servers alike (report/alike/push.py): it talks to
 * several clients' ends at once, and has no figure to spoil.
 *
 * What the teller has to say, of what is wrong with a file, too, it says
 * itself.
 */
#ifndef REPORT_TELLER_H
#define REPORT_TELLER_H

#include <stdbool.h>

#define TELLER_OPTIONS_MAX 16

/*
 * Run "tell", or "alike", with these arguments, ended by NULL, at most
 * TELLER_OPTIONS_MAX, and wait for it. What compare printed before comes first.
 * Return its exit code, 0 or 1; or -1 when it could not be run, which has not
 * been said then: see teller_missing(). End the program when memory runs out.
 */
int teller_run(const char *what, const char *const arguments[]);

/*
 * Return why the teller cannot be run, as a phrase, after teller_run() has
 * returned -1.
 */
const char *teller_missing(void);

#endif
