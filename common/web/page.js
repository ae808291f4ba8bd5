/*
 * The page of the finder, come to life.
 *
 * What the server sent is a whole page; this makes it quicker: it searches
 * while you type, and scrolls through any number of results. Of those only the
 * ones in sight, and some above and below, are in the document; they stand in
 * a box that is padded to the height of all. Rows come from /search, STEP of
 * them at a time, as they are needed, and few are kept.
 */
const STEP = 200;    /* rows of a request, and of a page without this script */
const MARGIN = 15;   /* rows above and below those in sight */
const KEPT = 20;     /* steps that are kept */
const TYPING = 120;  /* ms of silence after which a search begins */
const SETTLED = 60;  /* ms without scrolling after which rows are asked for */
const SLOW = 400;    /* ms after which a search is told to be under way */
const SHOWN = 1500;  /* ms for which a copy is told */
const RECENT = 12;   /* copies that are remembered */

const field = document.getElementById("query");
const status = document.getElementById("status");
const box = document.getElementById("window");
const table = document.getElementById("results");
const body = table.tBodies[0];
const copied = document.getElementById("copied");
const json = document.getElementById("json");
const detail = document.getElementById("detail");
const recent = document.getElementById("recent");
const fonts = document.getElementById("fonts");
const copying = document.getElementById("copying");
const samples = document.querySelectorAll("#samples a");

let asked = "";         /* the words that were last searched for */
let query = "";         /* the words that the results are of */
let corrected = "";     /* the words that were meant, if others were found */
let sequence = "";      /* the emoji that is called so, if these are its parts */
let count = 0;          /* of all results */
let steps = new Map();  /* number of a step -> its items, null: on their way */
let rows = new Map();   /* number of a row -> its element, of those shown */
let height = 60;        /* of a row, in CSS pixels */
let active = 0;         /* the row that the keys move on from */
let search = null;      /* AbortController of the search under way */
let fetches = null;     /* and of the steps under way */
let typed = false;      /* the present entry of the history is being typed */
let trouble = false;    /* the server did not answer */
let form = "char";      /* what of a row is copied, a key of FORMS */

/* --- What is copied ------------------------------------------------------ */

/* The code points of a text, each written by a function, in one. */
const each = write => char =>
    Array.from(char, c => write(c.codePointAt(0))).join("");
const hex = (code, digits) => code.toString(16).toUpperCase()
    .padStart(digits, "0");
const units = char => Array.from({ length: char.length },
    (_, i) => `\\u${hex(char.charCodeAt(i), 4)}`).join("");

/* In which forms a character can be copied: what they are called, and how they
 * are made. They are those of the details. */
const FORMS = {
    char: ["Character", char => char],
    code: ["Code point", char => each(code => ` U+${hex(code, 4)}`)(char).trim()],
    html: ["HTML", each(code => `&#x${hex(code)};`)],
    css: ["CSS", each(code => `\\${hex(code, 6)}`)],
    js: ["JavaScript, JSON", units],
    c: ["C, Python", each(code => code < 0x10000 ? `\\u${hex(code, 4)}`
        : `\\U${hex(code, 8)}`)],
};

/* What this browser remembers under a name; undefined if that is nothing. */
function remembered(name) {
    try {
        return JSON.parse(localStorage.getItem(name)) ?? undefined;
    } catch {
        return undefined;
    }
}

/* Let this browser remember something, if it does. */
function remember(name, value) {
    try {
        localStorage.setItem(name, JSON.stringify(value));
    } catch {
        /* It works without. */
    }
}

/* The characters that were copied last, the last one first. */
function copies() {
    const known = remembered("copies");

    return (Array.isArray(known) ? known : []).filter(copy =>
        typeof copy?.char === "string" && typeof copy?.name === "string" &&
        copy.char.length <= 32).slice(0, RECENT);
}

/* Show them. They may come and go with results only: rows must not move under
 * a finger. */
function showRecent(known = copies()) {
    const buttons = known.map(({ char, name }) => {
        const button = document.createElement("button");

        button.type = "button";
        button.textContent = shown(char);
        button.className = fontOf(char);
        button.title = name;
        button.setAttribute("aria-label", `Copy ${name} again`);
        button.addEventListener("click", () => copyChar(char, name));
        return button;
    });

    recent.hidden = known.length === 0;
    recent.querySelector("span").replaceChildren(...buttons);
}

/* Remember a copy. */
function addRecent(char, name) {
    const known = [{ char, name },
        ...copies().filter(copy => copy.char !== char)].slice(0, RECENT);

    remember("copies", known);
    if (!recent.hidden)
        showRecent(known);
}

/* Offer the forms, and to forget the copies. */
function dressRecent() {
    const select = copying.querySelector("select");

    form = Object.hasOwn(FORMS, remembered("form")) ? remembered("form") : "char";
    for (const [key, [name]] of Object.entries(FORMS))
        select.append(new Option(name, key, key === form, key === form));
    select.addEventListener("change", () => {
        form = select.value;
        remember("form", form);
    });
    recent.querySelector("button").addEventListener("click", () => {
        remember("copies", []);
        showRecent([]);
        field.focus({ preventScroll: true });
        update();
    });
}

/* --- What is said -------------------------------------------------------- */

/* A text as Python shows it, as the server's status does. */
function repr(text) {
    const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
    const names = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\",
        [quote]: "\\" + quote };
    const shown = Array.from(text, c => {
        const code = c.codePointAt(0);
        const hex = code.toString(16);

        if (names[c])
            return names[c];
        if (c === " " || !/[\p{C}\p{Z}]/u.test(c))
            return c;
        return code < 0x100 ? "\\x" + hex.padStart(2, "0")
            : code < 0x10000 ? "\\u" + hex.padStart(4, "0")
            : "\\U" + hex.padStart(8, "0");
    });

    return quote + shown.join("") + quote;
}

/* What is said about the results. */
function verdict() {
    const matches = `${count} match${count === 1 ? "" : "es"} for `;

    if (query === "")
        return "Enter words describing characters.";
    if (count === 0)
        return `No match for ${repr(query)}`;
    if (sequence !== "")
        return `Parts of ${sequence} for ${repr(query)}`;
    return corrected === "" ? matches + repr(query)
        : `No match for ${repr(query)}; ${matches}${repr(corrected)}`;
}

/* Say something below the field, without saying it twice. */
function say(text, isTrouble = false) {
    trouble = isTrouble;
    status.classList.toggle("trouble", isTrouble);
    if (status.textContent !== text)
        status.textContent = text;
    if (sequence !== "" && text.includes(sequence) && !status.firstElementChild)
        dressSequence();
}

/* Let a click copy the emoji that the status names. */
function dressSequence() {
    const [before, after] = status.textContent.split(sequence);
    const button = document.createElement("button");
    const emoji = sequence;
    const name = query;

    button.type = "button";
    button.title = "Copy";
    button.textContent = emoji;
    button.setAttribute("aria-label", `Copy ${emoji}`);
    button.addEventListener("click", () => copyChar(emoji, name));
    status.replaceChildren(before, button, after);
}

/* Say why there is no answer. */
function sayTrouble(error) {
    say(error instanceof TypeError
        ? "The server does not answer. Type, or scroll, to try again."
        : `The server does not answer this (${error.message}).`, true);
}

/* --- What is fetched ----------------------------------------------------- */

/* Ask for some rows of a query. */
async function ask(words, start, signal) {
    const parameters = new URLSearchParams({ query: words, start,
        stop: start + STEP, order: "relevance" });
    const response = await fetch(`/search?${parameters}`, { signal });

    if (!response.ok)
        throw new Error(response.status);
    return response.json();
}

/* The item of a row; undefined when it is not here. */
function item(row) {
    return steps.get(Math.floor(row / STEP))?.[row % STEP];
}

/* The steps that the shown rows lie in, and the one that comes next. */
function wanted() {
    const numbers = [...rows.keys()];
    const last = Math.min(Math.max(...numbers) + STEP / 2, count - 1);
    const first = Math.floor(Math.min(...numbers) / STEP);

    return numbers.length === 0 ? [] : Array.from(
        { length: Math.floor(last / STEP) - first + 1 }, (_, i) => first + i);
}

/* Forget the steps that are farthest from the shown rows. */
function forget() {
    const middle = (rows.keys().next().value ?? 0) / STEP;
    const far = [...steps.keys()].sort(
        (a, b) => Math.abs(b - middle) - Math.abs(a - middle));

    far.slice(0, Math.max(0, far.length - KEPT)).forEach(n => steps.delete(n));
}

/* Fetch one step, and fill the rows that waited for it. */
async function fetchStep(number, signal) {
    steps.set(number, null);
    try {
        const found = await ask(query, number * STEP, signal);

        if (signal.aborted)
            return;
        steps.set(number, found.items);
        if (trouble)
            say(verdict());
        forget();
        fill();
    } catch (error) {
        if (signal.aborted)
            return;
        steps.delete(number);
        sayTrouble(error);
    }
}

/* Fetch what is in sight and not here, once the scrolling has settled. */
const fetchWanted = later(SETTLED, () => {
    for (const number of wanted())
        if (!steps.has(number))
            fetchStep(number, fetches.signal);
});

/* A function that calls another one after so many ms without a call. */
function later(wait, call) {
    let timer = 0;
    const start = () => {
        clearTimeout(timer);
        timer = setTimeout(call, wait);
    };

    start.cancel = () => clearTimeout(timer);
    return start;
}

/* --- What is shown ------------------------------------------------------- */

/* Make the element of a row, still empty. */
function makeRow(number) {
    const row = document.createElement("tr");
    const code = document.createElement("th");
    const character = document.createElement("button");
    const name = document.createElement("span");

    code.scope = "row";
    code.append(document.createElement("a"));
    character.type = "button";
    row.append(code, document.createElement("td"), document.createElement("td"));
    row.cells[1].append(character);
    row.cells[2].append(name);
    row.setAttribute("aria-rowindex", number + 2);
    row.dataset.row = number;
    row.className = "waiting";
    name.textContent = "…";
    return row;
}

/* What to show of a character: of a control character, its picture. */
function shown(char) {
    const code = char.codePointAt(0);

    return code < 0x20 ? String.fromCodePoint(0x2400 + code)
        : code === 0x7f ? "\u2421"
        : code >= 0x80 && code < 0xa0 ? "\ufffd" : char;
}

/* The class of an element that shows a text: several characters are an emoji. */
function fontOf(text) {
    return Array.from(text).length > 1 ? "emoji" : "";
}

/* A drawing of characters as the table has them, which nobody sees. */
const drawing = document.createElement("canvas").getContext("2d",
    { willReadFrequently: true });

/* What a text looks like: its pixels. */
function pixels(text) {
    const { width, height } = drawing.canvas;

    drawing.clearRect(0, 0, width, height);
    drawing.fillText(text, 8, 32);
    return new Uint32Array(drawing.getImageData(0, 0, width, height).data.buffer);
}

/* Whether no font has a character: it looks like one that does not exist. Where
 * that looks like nothing, or every time different, this is never so. */
function isFontless(char) {
    if (!drawing)
        return false;
    if (!drawing.missing) {
        drawing.canvas.width = drawing.canvas.height = 48;
        drawing.font = `24px ${getComputedStyle(table).getPropertyValue("--glyph")}`;
        drawing.missing = pixels("\u0378");
        drawing.inked = drawing.missing.some(pixel => pixel !== 0);
    }
    const those = pixels(char);

    return drawing.inked && those.every((pixel, i) => pixel === drawing.missing[i]);
}

/* Fill the rows whose items have come; make wide characters fit. */
function fill() {
    const filled = [];

    for (const [number, row] of rows) {
        const found = item(number);

        if (!found || row.className !== "waiting")
            continue;
        const button = row.cells[1].firstChild;

        row.className = "";
        row.cells[0].firstChild.textContent = found.code;
        row.cells[0].firstChild.href = address(found.code);
        row.cells[2].firstChild.textContent = found.name;
        button.textContent = shown(found.char);
        button.title = "Copy";
        button.setAttribute("aria-label", `Copy ${found.name}`);
        button.className = /^\p{M}/u.test(found.char) ? "mark"
            : /^[\p{Z}\p{C}]/u.test(found.char) ? "blank"
            : isFontless(found.char) ? "fontless" : "";
        button.dataset.code = found.code.slice(2);
        filled.push(button);
    }
    /* Measure all, then change: the layout is computed once. */
    const widths = filled.map(button => button.scrollWidth / button.clientWidth);

    filled.forEach((button, i) => {
        button.style.fontSize = widths[i] > 1 ? `${0.95 / widths[i]}em` : "";
    });
}

/* Show the rows from first to before last; those that stay are kept. */
function showRows(first, last) {
    const before = document.createDocumentFragment();
    const after = document.createDocumentFragment();
    const edge = rows.keys().next().value ?? 0;
    const kept = new Map();

    for (let number = first; number < last; number++) {
        let row = rows.get(number);

        if (!row) {
            row = makeRow(number);
            (number < edge ? before : after).append(row);
        }
        kept.set(number, row);
    }
    body.prepend(before);
    body.append(after);
    /* Last: to lose the focus computes the layout, and if the page were shorter
     * then, it would be scrolled. */
    for (const [number, row] of rows)
        if (!kept.has(number))
            row.remove();
    rows = kept;
}

/* Where the first row would be on the page if all were there. */
function top() {
    return box.getBoundingClientRect().top + scrollY + table.tHead.offsetHeight;
}

/* The part of the window that rows are seen in: from below the field and the
 * table's head to the bottom. */
function sight() {
    return { from: field.form.offsetHeight + table.tHead.offsetHeight,
        to: innerHeight };
}

/* Show the rows that are in sight now. */
function update() {
    table.hidden = copying.hidden = count === 0;
    height = body.rows[0]?.getBoundingClientRect().height || height;
    const start = scrollY + sight().from - top();
    const first = Math.max(0, Math.min(count,
        Math.floor(start / height)) - MARGIN);
    const last = Math.min(count, Math.ceil(
        (scrollY + innerHeight - top()) / height) + MARGIN);

    showRows(first, Math.max(first, last));
    box.style.paddingTop = `${first * height}px`;
    box.style.paddingBottom = `${Math.max(0, count - last) * height}px`;
    fill();
    chooseTab();
    fetchWanted();
}

/* Let the tab key reach one of the rows: the active one, if it is shown. */
function chooseTab() {
    const chosen = rows.has(active) ? active : rows.keys().next().value;

    for (const [number, row] of rows)
        for (const cell of [0, 1])
            row.cells[cell].firstChild.tabIndex = number === chosen ? 0 : -1;
}

/* Let a click copy what stands in the details. */
function dressDetail() {
    for (const text of detail.querySelectorAll("dd code")) {
        const button = document.createElement("button");

        button.type = "button";
        button.title = "Copy";
        button.textContent = text.textContent;
        button.setAttribute("aria-label", `${text.textContent}, ${
            text.parentElement.previousElementSibling.textContent}`);
        text.replaceWith(button);
    }
}

/* Show the details of the only result, which are part of its page. */
async function showDetail(signal) {
    detail.replaceChildren();
    if (count !== 1)
        return;
    try {
        const response = await fetch(address(query), { signal });
        const page = new DOMParser().parseFromString(
            await response.text(), "text/html");

        if (signal.aborted || !response.ok)
            return;
        detail.replaceChildren(...page.getElementById("detail").childNodes);
        dressDetail();
    } catch (error) {
        if (!signal.aborted)
            sayTrouble(error);
    }
}

/* Take in an answer, and show it from scroll position y. */
function showResults(found, y, keepDetail = false) {
    query = found.query;
    corrected = found.corrected ?? "";
    sequence = found.sequence ?? "";
    count = found.count;
    steps.clear();
    if (found.start % STEP === 0 &&
            found.items.length === Math.min(STEP, count - found.start))
        steps.set(found.start / STEP, found.items);
    fetches?.abort();
    fetches = new AbortController();
    active = 0;
    rows.clear();
    body.replaceChildren();
    table.setAttribute("aria-rowcount", count + 1);
    say(verdict());
    showRecent();
    fonts.hidden = true;
    /* The first time finds out how high a row is. */
    update();
    fonts.hidden = body.querySelector(".fontless") === null;
    update();
    scrollTo(0, y);
    update();
    if (!keepDetail)
        showDetail(fetches.signal);
}

/* --- The search ---------------------------------------------------------- */

/* The address of a search. */
function address(words) {
    return words === "" ? "/" : `/?${new URLSearchParams({ query: words })}`;
}

/* Show elsewhere on the page what is searched for. */
function nameSearch(words) {
    document.title = words === "" ? "Charfinder" : `${words} – Charfinder`;
    json.href = `/search?${new URLSearchParams(
        { query: words, order: "relevance" })}`;
    for (const sample of samples)
        if (sample.textContent === words)
            sample.setAttribute("aria-current", "page");
        else
            sample.removeAttribute("aria-current");
}

const searching = later(SLOW, () => say("Searching…"));

/* Search, and show what is found from scroll position y. */
async function find(words, y) {
    asked = words;
    typing.cancel();
    searching.cancel();
    search?.abort();
    search = null;
    nameSearch(words);
    if (words === "") {
        showResults({ query: "", count: 0, start: 0, items: [] }, 0);
        table.removeAttribute("aria-busy");
        return;
    }
    const mine = search = new AbortController();

    table.setAttribute("aria-busy", "true");
    searching();
    try {
        const start = Math.max(0, Math.floor(y / height / STEP)) * STEP;
        const found = await ask(words, start, mine.signal);

        if (search === mine)
            showResults(found, y);
    } catch (error) {
        if (search === mine)
            sayTrouble(error);
    } finally {
        if (search === mine) {
            search = null;
            searching.cancel();
            table.removeAttribute("aria-busy");
        }
    }
}

/* Search for what is in the field, and put that into the address bar: while
 * words are being typed, one entry of the history changes with them. */
function findTyped() {
    const words = field.value.trim();

    if (words !== asked || trouble) {
        visit(words, typed);
        typed = true;
    }
}

/* Search anew, in a new entry of the history or in the present one. */
function visit(words, replace) {
    settle.cancel();
    if (replace) {
        history.replaceState(null, "", address(words));
    } else {
        keepPlace();
        history.pushState(null, "", address(words));
    }
    find(words, 0);
}

const typing = later(TYPING, findTyped);

/* Remember in the history where the page is scrolled to. */
function keepPlace() {
    history.replaceState({ y: scrollY }, "");
}

const settle = later(150, keepPlace);

/* --- Copying ------------------------------------------------------------- */

/* Copy text the old way, for pages that did not come over a safe connection. */
function copyOldWay(text) {
    const area = document.createElement("textarea");
    const focused = document.activeElement;

    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");

    area.remove();
    focused?.focus({ preventScroll: true });
    return done;
}

const hideCopied = later(SHOWN, () => copied.classList.add("gone"));

/* Copy a text, and say so; whether that could be done. */
async function copyText(text, picture, name) {
    const shownText = document.createElement("b");
    let done = true;

    try {
        await navigator.clipboard.writeText(text);
    } catch {
        done = copyOldWay(text);
    }
    shownText.textContent = picture;
    shownText.className = fontOf(picture);
    copied.replaceChildren(shownText, done ? `${name} copied`
        : `${name} could not be copied`);
    copied.classList.remove("gone");
    hideCopied();
    return done;
}

/* Copy a character in the form that is chosen. */
async function copyChar(char, name) {
    const text = FORMS[form][1](char);

    if (await copyText(text, shown(char), form === "char" ? name : text))
        addRecent(char, name);
}

/* Copy a row's character. */
async function copy(number) {
    const found = item(number);
    const row = rows.get(number);

    if (!found)
        return;
    await copyChar(found.char, found.name);
    row?.classList.add("copied");
    setTimeout(() => row?.classList.remove("copied"), 250);
}

/* --- Keys ---------------------------------------------------------------- */

/* Bring a row into sight and give it the focus. */
function focusRow(number) {
    const { from, to } = sight();
    const y = top() + number * height;

    active = number;
    if (y < scrollY + from)
        scrollTo(0, y - from);
    else if (y + height > scrollY + to)
        scrollTo(0, y + height - to);
    update();
    rows.get(number)?.cells[1].firstChild.focus({ preventScroll: true });
}

/* The row that a key leads to from the active one; undefined for others. */
function target(key) {
    const { from, to } = sight();
    const page = Math.max(1, Math.floor((to - from) / height) - 1);

    switch (key) {
    case "ArrowDown": return active + 1;
    case "ArrowUp": return active - 1;
    case "PageDown": return active + page;
    case "PageUp": return active - page;
    case "Home": return 0;
    case "End": return count - 1;
    default: return undefined;
    }
}

/* Heed a key outside of the field. */
function onKey(event) {
    const focused = event.target.closest("[data-row]");
    let number;

    if (event.key === "/") {
        event.preventDefault();
        field.focus({ preventScroll: true });
        field.select();
        return;
    }
    if (event.shiftKey || count === 0 ||
            (!focused && event.target !== document.body))
        return;
    if (focused)
        active = Number(focused.dataset.row);
    number = target(event.key);
    if (number === undefined)
        return;
    event.preventDefault();
    typed = false;
    if (number < 0 && event.key === "ArrowUp")
        field.focus({ preventScroll: true });
    else
        focusRow(Math.max(0, Math.min(count - 1, number)));
}

/* Heed a key in the field. */
function onFieldKey(event) {
    if (event.isComposing || count === 0 || event.key !== "ArrowDown")
        return;
    event.preventDefault();
    typed = false;
    focusRow(Math.max(0, Math.ceil((scrollY + sight().from - top()) / height)));
}

/* --- From here on -------------------------------------------------------- */

/* Take over the rows that the server wrote. */
function takeOver() {
    const start = Number(table.dataset.start);
    const items = Array.from(body.rows, row => ({
        code: row.cells[0].textContent,
        char: String.fromCodePoint(
            parseInt(row.cells[0].textContent.slice(2), 16)),
        name: row.cells[2].textContent.trimEnd(),
    }));

    document.documentElement.classList.add("live");
    dressRecent();
    history.scrollRestoration = "manual";
    asked = field.value.trim();
    field.setSelectionRange(field.value.length, field.value.length);
    nameSearch(asked);
    showResults({ query: asked, corrected: table.dataset.corrected,
        sequence: table.dataset.sequence, start,
        count: Number(table.dataset.count), items: items.slice(0, STEP) }, 0, true);
    dressDetail();
    if (history.state !== null || start > 0) {
        scrollTo(0, history.state?.y ??
            top() + start * height - sight().from);
        update();
    }
}

document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey)
        return;
    if (event.target === field)
        onFieldKey(event);
    else
        onKey(event);
});
field.addEventListener("input", event => {
    if (!event.isComposing)
        typing();
});
field.addEventListener("compositionend", typing);
field.addEventListener("change", () => {
    typed = false;
});
field.form.addEventListener("submit", event => {
    event.preventDefault();
    findTyped();
    typed = false;
});
document.addEventListener("click", event => {
    const row = event.target.closest("[data-row]");
    const link = event.target.closest(
        "#samples a, h1 a, tbody th a, #detail a, footer p + p a");
    const text = event.target.closest("#detail button");

    if (text) {
        copyText(text.textContent, "",
            text.parentElement.previousElementSibling.textContent);
    } else if (row && !link && (event.target.closest("button") ||
            getSelection().isCollapsed)) {
        active = Number(row.dataset.row);
        chooseTab();
        copy(active);
    } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        field.value = new URL(link.href).searchParams.get("query") ?? "";
        typed = false;
        findTyped();
        typed = false;
        scrollTo(0, 0);
    }
});
addEventListener("popstate", event => {
    field.value = new URL(location).searchParams.get("query") ?? "";
    typed = false;
    settle.cancel();
    find(field.value.trim(), event.state?.y ?? 0);
});
addEventListener("scroll", () => {
    update();
    settle();
}, { passive: true });
addEventListener("resize", update);
addEventListener("storage", () => {
    if (!recent.hidden)
        showRecent();
});
addEventListener("online", () => {
    if (trouble)
        findTyped();
});
addEventListener("beforeprint", () => {
    const step = Math.floor((rows.keys().next().value ?? 0) / STEP);

    showRows(step * STEP, Math.min(count, (step + 1) * STEP));
    fill();
});
addEventListener("afterprint", update);

takeOver();
