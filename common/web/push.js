/*
 * The page of the push server: answers in pieces, and one chat shown three
 * ways.
 *
 * A way is a cursor, the id of the last message that it received, and maybe a
 * connection that takes up the channel there. So it may lose the connection at
 * any time, be paused, or be closed while the tab is hidden, and misses only
 * what the server no longer keeps, which the server tells. All three begin at
 * the same cursor.
 */
const RETRY = 2000;   /* ms after which a lost connection is tried again, */
const SPREAD = 1000;  /* and up to so many more: not all tabs at once */
const KEPT = 200;     /* messages that are shown */

const channel = new URLSearchParams(location.search).get("channel") || "main";
const rows = document.querySelector("#messages tbody");
const news = document.getElementById("news");
const trouble = document.getElementById("trouble");
const messages = new Map();  /* id -> its row and when it was sent, or came */
const sent = [];             /* text and time of what this page has sent */
let start = "";              /* the first part of the newest ids: E of E-7 */
let running = [];            /* AbortControllers of answers in pieces */

/* --- Small things -------------------------------------------------------- */

/* Make an element with a text. */
function make(name, text = "", className = "") {
    const element = document.createElement(name);

    element.textContent = text;
    element.className = className;
    return element;
}

/* A time as it is shown. */
function shown(ms) {
    return ms < 10 ? `${ms.toFixed(1)} ms`
        : ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/* The number in an id: 7 of E-7. */
function numberOf(id) {
    return Number(id.split("-")[1]);
}

/* Ask for something of the channel. */
async function ask(resource, parameters, options) {
    const query = new URLSearchParams({ channel, ...parameters });
    const response = await fetch(`/${resource}?${query}`,
        { cache: "no-store", ...options });

    if (!response.ok)
        throw new Error(`The server answered ${response.status}: `
            + (await response.text()).trim());
    return response.json();
}

/* Say what went wrong; an empty text: nothing. */
function complain(text) {
    if (trouble.textContent !== text)
        trouble.textContent = text;
}

/* --- Messages ------------------------------------------------------------ */

/* The row of a message, made when it first comes: now. */
function entryOf(message, now) {
    const known = messages.get(message.id);

    if (known)
        return known;
    const mine = sent.findIndex(one => one.text === message.text);
    const row = make("tr");
    const text = make("th", message.text);

    text.scope = "row";
    text.prepend(make("span", message.id, "id"));
    row.append(text, ...ways.map(() => make("td", "…")));
    rows.prepend(row);
    news.textContent = message.text;
    const entry = mine < 0 ? { row, since: now, plus: "+" }
        : { row, since: sent[mine].at, plus: "" };
    if (mine >= 0)
        sent.splice(mine, 1);
    messages.set(message.id, entry);
    forget();
    return entry;
}

/* Forget the oldest messages. */
function forget() {
    while (rows.rows.length > KEPT)
        rows.lastElementChild.remove();
    for (const [id, entry] of messages)
        if (!entry.row.isConnected)
            messages.delete(id);
}

/* Say once that the ids begin anew. */
function sayStart(id) {
    const begun = id.split("-")[0];
    const cell = make("td", "The server has restarted. Messages sent meanwhile "
        + "may be missing.");

    if (begun === start)
        return;
    start = begun;
    cell.colSpan = 1 + ways.length;
    const row = make("tr", "", "start");
    row.append(cell);
    rows.prepend(row);
}

/* --- Ways ---------------------------------------------------------------- */

/* One of the ways on which the chat comes. open(way) connects it, and returns
 * a function that ends the connection. */
class Way {
    constructor(name, open) {
        this.card = document.getElementById(name);
        this.state = this.card.querySelector(".state");
        this.button = this.card.querySelector("button");
        this.figures = this.card.querySelectorAll("dd");
        this.open = open;
        this.close = null;    /* what open returned; null: not connected */
        this.timer = 0;       /* of the next attempt */
        this.paused = false;  /* by the reader */
        this.cursor = "";
        this.received = this.missed = this.late = this.most = 0;
        this.button.onclick = () => {
            this.paused = !this.paused;
            this.button.textContent = this.paused ? "Resume" : "Pause";
            this.look();
        };
    }

    /* Say how it is. */
    say(text, isLive = false) {
        if (this.state.textContent !== text)
            this.state.textContent = text;
        this.card.classList.toggle("connected", isLive);
    }

    /* Be connected, or not, as it should be now. */
    look() {
        clearTimeout(this.timer);
        if (this.paused || document.hidden || this.cursor === "") {
            this.close?.();
            this.close = null;
            this.say(this.paused ? "Paused" : document.hidden ? "Hidden tab"
                : "Starting");
        } else if (!this.close) {
            this.say("Connecting");
            this.close = this.open(this);
        }
    }

    /* The connection is lost, or was refused. */
    lose(reason) {
        this.close = null;
        this.say(reason);
        this.timer = setTimeout(() => this.look(),
            RETRY + Math.random() * SPREAD);
    }

    /* Take the place in the channel that the server names. */
    take({ next, missed, reset }) {
        const column = ways.indexOf(this) + 1;
        const [begun] = this.cursor.split("-");

        for (const [id, { row }] of messages)
            if (reset && row.cells[column].textContent === "…")
                row.cells[column].textContent = "–";
            else if (id.startsWith(`${begun}-`)
                && numberOf(id) > numberOf(this.cursor)
                && numberOf(id) <= numberOf(this.cursor) + missed)
                row.cells[column].textContent = "missed";
        if (reset)
            sayStart(next);
        this.cursor = next;
        this.missed += missed;
        this.show();
    }

    /* Take a message in. */
    receive(message) {
        const now = performance.now();
        const entry = entryOf(message, now);
        const late = now - entry.since;

        entry.row.cells[ways.indexOf(this) + 1].textContent =
            entry.plus + shown(late);
        this.cursor = message.id;
        this.received++;
        this.late = late;
        this.most = Math.max(this.most, late);
        this.show();
    }

    /* Show the figures. */
    show() {
        const texts = [this.received, this.missed,
            ...(this.received > 0 ? [this.late, this.most].map(shown) : "––")];

        texts.forEach((text, i) => {
            this.figures[i].textContent = text;
        });
        this.card.classList.toggle("gaps", this.missed > 0);
    }
}

/* One long poll after the other. The first does not wait: so it is known that
 * the server answers. */
function openPoll(way) {
    const control = new AbortController();
    const poll = async parameters => {
        const { messages: found, ...place } = await ask("poll",
            { since: way.cursor, ...parameters }, { signal: control.signal });

        if (control.signal.aborted)
            return;
        /* Before the messages come those that are gone, and behind which the
         * messages begin. */
        if (place.missed > 0 || place.reset)
            way.take(place);
        found.forEach(message => way.receive(message));
        way.say("Connected", true);
        poll({}).catch(lose);
    };
    const lose = error => {
        if (!control.signal.aborted)
            way.lose(error instanceof TypeError ? "Not connected"
                : error.message);
    };

    poll({ wait: 0 }).catch(lose);
    return () => control.abort();
}

/* A stream of events. The browser itself connects it again, unless it was
 * refused. */
function openEvents(way) {
    const source = new EventSource("/events?"
        + new URLSearchParams({ channel, since: way.cursor }));

    source.onopen = () => way.say("Connected", true);
    source.onmessage = event => way.receive(JSON.parse(event.data));
    for (const kind of ["missed", "reset"])
        source.addEventListener(kind,
            event => way.take(JSON.parse(event.data)));
    source.onerror = () => {
        if (source.readyState === EventSource.CLOSED)
            way.lose("Refused");
        else
            way.say("Not connected");
    };
    return () => source.close();
}

/* A WebSocket. */
function openSocket(way) {
    const address = new URL("/chat?"
        + new URLSearchParams({ channel, since: way.cursor }), location);

    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);

    socket.onopen = () => way.say("Connected", true);
    socket.onmessage = event => {
        const found = JSON.parse(event.data);

        if ("id" in found)
            way.receive(found);
        else
            way.take(found);
    };
    socket.onclose = event => way.lose(event.code === 1006 ? "Not connected"
        : `Closed by the server (${event.code})`);
    way.socket = socket;
    return () => {
        socket.onmessage = socket.onclose = null;
        socket.close();
    };
}

const ways = [new Way("poll", openPoll), new Way("events", openEvents),
    new Way("socket", openSocket)];

/* Begin all ways at the newest message. */
async function begin() {
    try {
        const { next } = await ask("poll", { wait: 0 });

        complain("");
        start = next.split("-")[0];
        for (const way of ways) {
            way.cursor = next;
            way.look();
        }
    } catch (error) {
        complain(error instanceof TypeError ? "The server does not answer."
            : error.message);
        setTimeout(begin, RETRY + Math.random() * SPREAD);
    }
}

/* --- Sending ------------------------------------------------------------- */

/* Send a message; an error says why not. */
async function send(text, by) {
    const mine = { text, at: performance.now() };

    sent.push(mine);
    try {
        if (by === "post") {
            await ask("publish", {}, { method: "POST", body: text });
        } else {
            const { socket } = ways[2];

            if (socket?.readyState !== WebSocket.OPEN)
                throw new Error("The WebSocket is not connected.");
            socket.send(text);
        }
    } catch (error) {
        sent.splice(sent.indexOf(mine), 1);
        throw error;
    }
}

document.getElementById("send").onsubmit = async event => {
    const form = event.target;

    event.preventDefault();
    const text = form.text.value;
    try {
        await send(text, form.by.value);
        complain("");
        if (form.text.value === text)
            form.text.value = "";
    } catch (error) {
        complain(error instanceof TypeError ? "The server does not answer."
            : error.message);
    }
    form.text.focus();
};

/* --- Answers in pieces --------------------------------------------------- */

/* Read an answer, and give each piece of it to call. */
async function readPieces(address, signal, call) {
    const response = await fetch(address, { signal, cache: "no-store" });
    const reader = response.body.pipeThrough(new TextDecoderStream())
        .getReader();

    if (!response.ok)
        throw new Error(`The server answered ${response.status}.`);
    for (;;) {
        const { value, done } = await reader.read();

        if (done)
            return;
        value.trim().split("\n").forEach(call);
    }
}

/* Show an answer in pieces when its form is submitted. every(form): seconds
 * between its pieces; undefined: not known. */
function showPieces(id, every) {
    const form = document.getElementById(id);
    const list = form.querySelector("ol");
    const [begins, ends] = form.querySelectorAll("button");

    form.onsubmit = async event => {
        event.preventDefault();
        /* The enter key submits it, too, while an answer is under way. */
        if (begins.hidden)
            return;
        const control = new AbortController();
        const began = performance.now();
        const query = new URLSearchParams(new FormData(form));
        const seconds = every(form);
        let pieces = 0;

        running.push(control);
        list.replaceChildren();
        begins.hidden = true;
        ends.hidden = false;
        ends.onclick = () => control.abort();
        ends.focus();
        try {
            await readPieces(`/${id}?${query}`, control.signal, text => {
                const ms = performance.now() - began;
                const late = ms - ++pieces * seconds * 1000;
                const item = make("li", text);

                item.append(make("span", `${(ms / 1000).toFixed(2)} s`
                    + (late >= 0 ? `, ${shown(late)} late` : ""), "soft"));
                list.append(item);
            });
        } catch (error) {
            list.append(make("li", control.signal.aborted ? "Stopped"
                : error instanceof TypeError ? "The server does not answer."
                : error.message, "soft"));
        }
        running = running.filter(one => one !== control);
        const focused = document.activeElement === ends;
        begins.hidden = false;
        ends.hidden = true;
        if (focused)
            begins.focus();
    };
}

/* --- The page ------------------------------------------------------------ */

document.addEventListener("visibilitychange", () => {
    ways.forEach(way => way.look());
    if (document.hidden)
        running.forEach(control => control.abort());
});

document.getElementById("channel").textContent = channel;
document.getElementById("url").textContent = location.origin;
document.getElementById("live").hidden = false;
showPieces("stream", () => undefined);
showPieces("fetch", form => form.every.valueAsNumber);
begin();
