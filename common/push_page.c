/*
 * push_page - the files of the push server's page, which push_site.c serves.
 */
#include "common/embed.h"

EMBED(push_page_html, "common/web/push.html");
EMBED(push_page_js, "common/web/push.js");
EMBED_BOTH(push_page_css, "common/web/base.css", "common/web/push.css");
