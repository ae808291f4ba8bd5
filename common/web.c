/*
 * web - the files of the finder's page, which charpage.c serves.
 */
#include "common/embed.h"

EMBED(web_page_html, "common/web/page.html");
EMBED(web_blocks_html, "common/web/blocks.html");
EMBED(web_page_js, "common/web/page.js");
EMBED_BOTH(web_style_css, "common/web/base.css", "common/web/style.css");
