/*
 * style - the style sheet of the page, which stands in it.
 */
#include "common/embed.h"

EMBED(page_style_css, "report/page/style.css");
