#!/usr/bin/env node
/*
 * WebSockets by node-ws, as its documentation has them: an event loop of
 * another hand, and what one client says goes to all.
 *
 * /echo returns a message as it came. /chat tells it to everybody, as JSON with
 * an id; so it does for each client what the push server does, but keeps
 * nothing for those who come back, and has no limits and no deadlines.
 */
"use strict";

const { WebSocketServer } = require("/usr/share/nodejs/ws");

const chat = new Set();
let count = 0;

/* The value of --port, which may stand behind a blank or `=`; 0 without it. */
function port(words) {
    const at = words.findIndex(word => word.startsWith("--port"));

    return at < 0 ? 0 : Number(words[at].split("=")[1] ?? words[at + 1]);
}

/* Tell everybody. */
function tellAll(data) {
    const text = JSON.stringify({ id: `1-${++count}`, text: data.toString() });

    for (const client of chat)
        client.send(text);
}

/* A client has come. */
function welcome(client, request) {
    client.on("error", () => client.terminate());
    if (request.url !== "/chat") {
        client.on("message", (data, isBinary) =>
            client.send(data, { binary: isBinary }));
        return;
    }
    chat.add(client);
    client.on("close", () => chat.delete(client));
    client.on("message", tellAll);
}

const server = new WebSocketServer({ host: "127.0.0.1", backlog: 4096,
    port: port(process.argv), perMessageDeflate: false });

server.on("connection", welcome);
server.on("listening", () => console.log(`Serving on 127.0.0.1:${
    server.address().port}. Hit CTRL-C to stop.`));
process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));
