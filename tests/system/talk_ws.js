/*
 * A client of a WebSocket by node-ws, for test_push_clients.py.
 *
 *     nodejs talk_ws.js URL <STEPS
 *
 * STEPS is a JSON array of what is sent, {"text": ...}, {"hex": ...} or
 * {"ping": ...}, each after the answer to the one before; then it closes with
 * 4000. null: it only waits for the close. It prints "open", and at the end a
 * JSON array of what came, and the code of the close.
 */
const WebSocket = require("ws");
const steps = JSON.parse(require("fs").readFileSync(0));
const socket = new WebSocket(process.argv[2]);
const found = [];

/* Take the next step. */
function go() {
    const step = steps.shift();

    if (step === undefined)
        socket.close(4000, "enough");
    else if ("ping" in step)
        socket.ping(step.ping);
    else
        socket.send("hex" in step ? Buffer.from(step.hex, "hex") : step.text);
}

/* Take in an answer. */
function take(one) {
    found.push(one);
    go();
}

socket.on("open", () => {
    console.log("open");
    if (steps !== null)
        go();
});
socket.on("message", (data, isBinary) => take(
    isBinary ? { hex: data.toString("hex") } : { text: data.toString() }));
socket.on("pong", data => take({ ping: data.toString() }));
socket.on("close", code => console.log(JSON.stringify([...found, code])));
