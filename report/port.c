#include "report/port.h"

#include "report/run/programs.h"
#include "report/values.h"

#include <err.h>
#include <stdlib.h>

/* Find and read. */
json_t *
port_read(void)
{
    char *path = programs_find_file("port.json");
    json_t *port = NULL;
    json_error_t error;

    if (path != NULL)
        port = json_load_file(path, 0, &error);
    if (path != NULL && port == NULL) {
        char *text = text_harmless(error.text);

        warnx("%s: %s", path, text);
        free(text);
    }
    free(path);
    return port != NULL ? port : json_null();
}
